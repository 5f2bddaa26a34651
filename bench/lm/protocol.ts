/** @file What the processes of `monge bench lm` are asked, ours and the peers', and what they all read and draw. */
import { defaultSampling } from '../../main/inference/sampling';
import { stream } from '../../native-models';

export type LmSetting = 'chat level 4' | 'level 0, rescored' | 'fp32' | 'capture';

/** One line of JSON in, one line out. */
export type LmRequest =
  | { ask: 'open' }
  | { ask: 'decode'; context: number; tokens: number }
  | { ask: 'capture'; file: string }
  | { ask: 'memory' }
  | { ask: 'profile'; file: string; context: number; tokens: number }
  | { ask: 'bounds' };

/** Real sampling, the same for all: temperature .8 among the 40 likeliest with a nucleus of .95. */
export const sampling = { ...defaultSampling, stop: [] };

/** Token ids that every vocabulary of interest has; what they say does not change the time. */
export function idsOf(count: number): number[] {
  return Array.from({ length: count }, (_, k) => 500 + ((7 * k) % 20_000));
}

/** Texts of 6 to 64 tokens, 34 on average, as sentences have. */
export function sentences(count: number): number[][] {
  const lengths = stream(0, 'bench/lengths').integers(new Int32Array(count), 57);
  return Array.from(lengths, (length) => idsOf(length + 6));
}
