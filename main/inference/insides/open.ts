/** @file Opens the insides of a checkpoint: its graph with hooks, its tokens, its output map. */
import {
  headDirection,
  headGraph,
  type DecoderConfig,
  type LazyWeight,
  type WeightSource,
} from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import type { Compute, Session } from '../../contract/compute';
import type { ExactLevel } from '../../contract/language';
import { buildGraph, exactLevels, type Described } from '../../models/checkpoint-graph';
import { weightFileName } from '../weight-cache';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { Insides, OutputHead } from './insides';
import { largest } from './likely';
import { logSumExp } from '../sampling';
import { builtModel } from './built-model';
import { ModelRuns, type HookedModel } from './runs';
import { shownToken, textTokens } from './text-tokens';

export interface InsidesOptions {
  /** For errors. */
  name: string;
  compute: Compute;
  tokenizer: Tokenizer | null;
  /** Why there is no tokenizer, where that is so. */
  missing?: string;
  /** Where the weights of a level were written, see `weightFolder`. */
  folder: (weights: readonly LazyWeight[], level: ExactLevel) => Promise<string>;
}

/** Nothing is read before it is asked for. @throws `checkpoint-shape` */
export function openInsides(
  source: WeightSource,
  described: Described,
  { name, compute, tokenizer, missing, folder }: InsidesOptions,
): Insides {
  const levels = exactLevels(source, described);
  const { hooks } = buildGraph(source, described, [], weightFileName);
  const opened = new Map<ExactLevel, { runs: ModelRuns; head: Head | null }>();
  const at = (level: ExactLevel) => {
    if (!levels.includes(level)) throw levelUnavailable(level, levels);
    const known = opened.get(level);
    if (known) return known;
    const model = builtModel({
      ...{ compute, name },
      graph: (outputs) => buildGraph(source, described, outputs, weightFileName, level),
      folder: (weights) => folder(weights, level),
    });
    const head = described.kind === 'decoder' ? new Head(source, described.config, model, level) : null;
    const made = { runs: new ModelRuns(model), head };
    opened.set(level, made);
    return made;
  };
  const { layers, width, heads } = described.config;
  const needed = () => tokenizer ?? missingTokenizer(name, missing);
  return {
    ...{ kind: described.kind, layers, width, heads, hooks, levels },
    ...sizesOf(described),
    runs: async (level) => at(level).runs,
    tokens: async (text) => textTokens(needed(), text),
    tokenText: (id) => shownToken(needed(), id),
    likeliest(logits, count) {
      const all = logSumExp(logits);
      return largest(logits, count).map((id) => ({
        ...{ id, text: shownToken(needed(), id) },
        probability: Math.exp(logits[id]! - all),
      }));
    },
    head: async (level) => at(level).head,
    async close() {
      for (const { runs, head } of opened.values()) {
        await runs.close();
        await head?.close();
      }
    },
  };
}

function sizesOf(described: Described): { vocabulary: number; context: number } {
  if (described.kind === 'decoder') return described.config;
  return described.config.text ?? { vocabulary: 0, context: Infinity };
}

/** The final norm and the output map alone. */
class Head implements OutputHead {
  readonly #sessions: Partial<Record<'norm' | 'map', Promise<Session>>> = {};
  readonly #source: WeightSource;
  readonly #config: DecoderConfig;
  readonly #model: HookedModel;
  readonly #level: ExactLevel;

  constructor(source: WeightSource, config: DecoderConfig, model: HookedModel, level: ExactLevel) {
    this.#source = source;
    this.#config = config;
    this.#model = model;
    this.#level = level;
  }

  async logits(states: Float32Array, rows: number, through: 'norm' | 'map'): Promise<Float32Array> {
    const session = await (this.#sessions[through] ??= this.#open(through));
    const dims = [rows, states.length / rows];
    const answer = await session.run({ states: { type: 'float32', data: states, dims } });
    return answer['logits']!.data as Float32Array;
  }

  async direction(id: number): Promise<Float32Array> {
    return headDirection(this.#config, this.#source, id);
  }

  async close(): Promise<void> {
    for (const session of Object.values(this.#sessions)) await (await session).close();
  }

  #open(through: 'norm' | 'map'): Promise<Session> {
    const built = headGraph(this.#config, this.#source, {
      through,
      location: weightFileName,
      level: this.#level,
    });
    return this.#model.open(built.model, 'extended');
  }
}

function missingTokenizer(file: string, reason?: string): never {
  throw new MongeError({
    code: 'tokenizer-missing',
    blame: 'input',
    what: 'texts cannot be read without the tokenizer of the model',
    where: { file },
    got: reason || undefined,
    help: 'put its tokenizer.json beside config.json; a GGUF file has to be converted again, with its vocabulary',
  });
}

/** What is thrown for a level that is not computed. */
export function levelUnavailable(level: string, levels: readonly ExactLevel[]): MongeError {
  return new MongeError({
    code: 'level-unavailable',
    blame: 'input',
    what: 'the insides of a model are not computed at this level',
    where: { key: 'level' },
    got: level,
    expected: levels.join(' or '),
    help: '4-bit-0 is for checkpoints with quantised weights; 4-bit-4 rounds activations and is for chat only',
  });
}
