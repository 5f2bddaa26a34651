/** @file Where steering writes the concept: continuations with the map of one block alone, beside those without, from the same random numbers. */
import { stream } from '../../../../native-models';
import type { RunContext } from '../../../contract/define';
import type { LanguageSession } from '../../../contract/opened';
import type { HookMap } from '../../../contract/steering';
import { abortable } from '../../../inference/for-methods/abortable';
import type { SteerConfig } from '../config';
import type { Judges } from '../stages';
import type { Prompt } from '../sweep/continuations';

const DRAWS = 1000;
/** Written at once: the weights are read once for all of them. */
const TOGETHER = 32;

export interface WriteAsked {
  session: LanguageSession;
  judges: Pick<Judges, 'words' | 'hits' | 'judge'>;
  config: Pick<SteerConfig, 'temperature' | 'topP' | 'repetitionPenalty' | 'maxTokens' | 'level' | 'first'>;
  prompts: readonly Prompt[];
  maps: readonly HookMap[];
}

/** What is told of each continuation. */
export interface Told {
  /** 1 where a word of the lexicon is in it. */
  present: number[];
  /** Probability that it is of the target; NaN without a classifier. */
  judged: number[];
}

/**
 * All prompts with one of the maps alone at λ, or none of them (null). All maps are in the graph and the others are at strength 0,
 * where a map is the identity bit for bit: one session serves all blocks. Null where a stop was asked for.
 */
export async function writtenAlone(
  context: Pick<RunContext, 'stopRequested'>,
  { session, judges, config, prompts, maps }: WriteAsked,
  block: number | null,
  lambda: number,
): Promise<Told | null> {
  const { temperature, topP, repetitionPenalty, maxTokens, level, first } = config;
  const sampling = { temperature, topP, repetitionPenalty, maxTokens, topK: 0, minP: 0, stop: [] };
  const steering = { maps, lambda: maps.map((_, at) => (at === block ? lambda : 0)), first };
  const told: Told = { present: [], judged: [] };
  for (let from = 0; from < prompts.length; from += TOGETHER) {
    const part = prompts.slice(from, from + TOGETHER);
    const made = await abortable(context, (heard, signal) =>
      session.work(
        { kind: 'continue', prompts: part, chat: false, sampling, stopAtEnd: true, level, steering },
        () => heard(),
        signal,
      ),
    );
    if (!made) return null;
    const texts = made.texts.map(({ text }) => text);
    told.present.push(...texts.map((text) => Number(judges.hits(text).length > 0)));
    told.judged.push(...judges.judge(texts));
  }
  return told;
}

export interface Gain {
  value: number;
  low: number;
  high: number;
}

/**
 * Mean difference of pairs with its 95 % percentile interval over resampled pairs: both of a pair were written from the same
 * random numbers. The same draws for all blocks, whose intervals therefore move together. NaN without pairs.
 */
export function pairedGain(without: readonly number[], steered: readonly number[], seed: number): Gain {
  const differences = steered.map((value, k) => value - without[k]!);
  const n = differences.length;
  if (n === 0) return { value: NaN, low: NaN, high: NaN };
  const mean = differences.reduce((sum, value) => sum + value, 0) / n;
  const picks = new Int32Array(n);
  const drawn = new Float64Array(DRAWS);
  for (let draw = 0; draw < DRAWS; draw++) {
    stream(seed, 'steer detect', draw).integers(picks, n);
    drawn[draw] = picks.reduce((sum, at) => sum + differences[at]!, 0) / n;
  }
  drawn.sort();
  return { value: mean, low: drawn[Math.floor(0.025 * DRAWS)]!, high: drawn[Math.ceil(0.975 * DRAWS) - 1]! };
}
