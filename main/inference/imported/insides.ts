/** @file The insides of an exported graph: runs with any confirmed hook as output, and its output map cut out of it. */
import type { HookPoint, ModelProto } from '../../../native-models';
import { hookById } from '../../../native-models';
import type { Session } from '../../contract/compute';
import { cutGraph } from '../../models/cut-graph';
import { withOutputs } from '../../models/surgery';
import type { Insides, OutputHead } from '../insides/insides';
import { largest } from '../insides/likely';
import { levelUnavailable } from '../insides/open';
import { ModelRuns, tokenFeeds, type HookedModel } from '../insides/runs';
import { shownToken, textTokens } from '../insides/text-tokens';
import { logSumExp } from '../sampling';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { ImportedGraph } from './graph';
import type { Probed } from './probe';

export interface ImportedSizes {
  kind: 'decoder' | 'encoder';
  layers: number;
  heads: number;
  context: number;
}

export function importedInsides(
  graph: ImportedGraph,
  probed: Probed,
  sizes: ImportedSizes,
  tokenizer: Tokenizer,
): Insides {
  const { hooks, width, vocabulary } = probed;
  const model: HookedModel = {
    graph: (outputs) => ({ hooks, model: withOnly(graph.tokens, hooks, outputs) }),
    open: (changed, graphLevel) => graph.open(changed, graphLevel),
  };
  const runs = new ModelRuns(model);
  const { head, missing } = sizes.kind === 'decoder' ? headOf(graph, probed) : { head: null, missing: null };
  const atFp32 = (level: string) => {
    if (level !== 'fp32') throw levelUnavailable(level, ['fp32']);
  };
  return {
    ...{ ...sizes, width, vocabulary, hooks },
    absent: probed.absent,
    levels: ['fp32'],
    ...(missing === null ? {} : { headMissing: missing }),
    async runs(level) {
      atFp32(level);
      return runs;
    },
    tokens: async (text) => textTokens(tokenizer, text),
    tokenText: (id) => shownToken(tokenizer, id),
    likeliest(logits, count) {
      const all = logSumExp(logits);
      return largest(logits, count).map((id) => ({
        ...{ id, text: shownToken(tokenizer, id) },
        probability: Math.exp(logits[id]! - all),
      }));
    },
    async head(level) {
      atFp32(level);
      return head;
    },
    async close() {
      await runs.close();
      await head?.close();
    },
  };
}

/** The graph with the hooks of these ids as its only outputs; without any with what it says in the end. */
function withOnly(model: ModelProto, hooks: readonly HookPoint[], outputs: readonly string[]): ModelProto {
  const ids = outputs.length > 0 ? outputs : [hooks.at(-1)!.id];
  const values = new Set(ids.map((id) => hookById(hooks, id).value));
  const whole = withOutputs(
    model,
    [...values].map((value) => ({ value, element: 1 })),
  );
  const output = whole.graph!.output!.filter(({ name }) => values.has(name ?? ''));
  return { ...whole, graph: { ...whole.graph, output } };
}

/** Why there is no lens, or the end of the graph: from the last state through the norm, and from that through the map. */
function headOf(
  graph: ImportedGraph,
  { hooks, absent, width, vocabulary }: Probed,
): { head: ImportedHead; missing: null } | { head: null; missing: string } {
  const layer = graph.roles.layers - 1;
  const valueOf = (id: string) => hooks.find((hook) => hook.id === id)?.value;
  const ids = [`resid_post:${layer}`, 'norm_final', 'logits'];
  const lacking = ids.find((id) => valueOf(id) === undefined);
  if (lacking !== undefined) {
    const reason = absent.find(({ id }) => id === lacking)?.reason ?? 'it was not found';
    return { head: null, missing: `${lacking}: ${reason}` };
  }
  const [state, norm, logits] = ids.map((id) => valueOf(id)!) as [string, string, string];
  const cuts = {
    norm: cutGraph(graph.tokens, { value: state, width }, logits),
    map: null as ModelProto | null,
  };
  cuts.map = cutGraph(graph.tokens, { value: norm, width }, logits);
  if (!cuts.norm || !cuts.map)
    return { head: null, missing: 'more than the last state goes into the logits of this graph' };
  const { norm: throughNorm, map } = cuts;
  return {
    head: new ImportedHead(
      graph,
      { norm: throughNorm, map },
      { norm: state, map: norm, logits },
      width,
      vocabulary,
    ),
    missing: null,
  };
}

/** Rows of states that the output map is read with at a time, where it is asked for one of its own. */
const CHUNK = 64;

class ImportedHead implements OutputHead {
  readonly #sessions: Partial<Record<'norm' | 'map', Promise<Session>>> = {};

  constructor(
    private readonly graph: ImportedGraph,
    private readonly models: Readonly<Record<'norm' | 'map', ModelProto>>,
    private readonly values: Readonly<Record<'norm' | 'map' | 'logits', string>>,
    private readonly width: number,
    private readonly vocabulary: number,
  ) {}

  async logits(states: Float32Array, rows: number, through: 'norm' | 'map'): Promise<Float32Array> {
    const session = await (this.#sessions[through] ??= this.graph.open(this.models[through], 'extended'));
    const dims = [1, rows, states.length / rows];
    const sized = tokenFeeds([Array<number>(rows).fill(0)]);
    const answer = await session.run({
      [this.values[through]]: { type: 'float32', data: states, dims },
      ...Object.fromEntries(Object.entries(sized).filter(([name]) => session.inputNames.includes(name))),
    });
    return answer[this.values.logits]!.data as Float32Array;
  }

  /** What each unit of the state adds to the logit: a map's row, wherever the graph keeps it. */
  async direction(id: number): Promise<Float32Array> {
    const { width, vocabulary } = this;
    const still = (await this.logits(new Float32Array(width), 1, 'map'))[id]!;
    const found = new Float32Array(width);
    for (let from = 0; from < width; from += CHUNK) {
      const rows = Math.min(CHUNK, width - from);
      const units = new Float32Array(rows * width);
      for (let row = 0; row < rows; row += 1) units[row * width + from + row] = 1;
      const logits = await this.logits(units, rows, 'map');
      for (let row = 0; row < rows; row += 1) found[from + row] = logits[row * vocabulary + id]! - still;
    }
    return found;
  }

  async close(): Promise<void> {
    for (const session of Object.values(this.#sessions)) await (await session).close();
  }
}
