/**
 * @file Which token comes next: repetition penalty, temperature, top-k, top-p and min-p in this order over the whole
 * distribution, in double precision, and one random number a token.
 */
import { stream } from '../../native-models';
import { MongeError } from '../../native-models/error';

export interface SamplingSettings {
  /** What logits are divided by; 0 takes the likeliest token. */
  temperature: number;
  /** Only so many likeliest tokens; 0 for all. */
  topK: number;
  /** Only the likeliest tokens whose probabilities sum up to this, the one that passes it included; 1 for all. */
  topP: number;
  /** Only tokens at least this part as likely as the likeliest; 0 for all. */
  minP: number;
  /** What logits of tokens of the text so far are divided by where positive, multiplied by where negative; 1 for none. */
  repetitionPenalty: number;
  /** The same numbers are drawn whatever the model and the other settings are. */
  seed: number;
}

export const defaultSampling: SamplingSettings = {
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0,
  repetitionPenalty: 1,
  seed: 0,
};

/** @throws `sampling-setting` for a value out of its range */
export function checkSampling(settings: SamplingSettings): void {
  const { temperature, topK, topP, minP, repetitionPenalty, seed } = settings;
  const rules: [keyof SamplingSettings, boolean, string][] = [
    ['temperature', temperature >= 0 && temperature <= 100, 'a number from 0 to 100'],
    ['topK', Number.isSafeInteger(topK) && topK >= 0, 'a whole number from 0'],
    ['topP', topP > 0 && topP <= 1, 'a number above 0 up to 1'],
    ['minP', minP >= 0 && minP <= 1, 'a number from 0 to 1'],
    ['repetitionPenalty', repetitionPenalty > 0 && repetitionPenalty <= 100, 'a number above 0 up to 100'],
    ['seed', Number.isSafeInteger(seed) && seed >= 0, 'a whole number from 0'],
  ];
  for (const [key, holds, expected] of rules)
    if (!holds)
      throw new MongeError({
        code: 'sampling-setting',
        blame: 'input',
        what: 'a setting of sampling is out of its range',
        where: { key },
        got: String(settings[key]),
        expected,
      });
}

/** The random number of the token at this place of the generated text, on (0, 1). */
export function drawAt(seed: number, place: number): number {
  return stream(seed, 'sampling', place).uniform(new Float32Array(1))[0]!;
}

export interface SampledToken {
  id: number;
  /** ln p under the model itself, before penalty and temperature. */
  logProbability: number;
}

/**
 * The first token whose probabilities, summed from the likeliest on, exceed `draw`; among equal logits the lower id is the
 * likelier. @throws `logits-not-finite`
 */
export function sampleFrom(
  logits: Float32Array,
  settings: SamplingSettings,
  draw: number,
  seen: ReadonlySet<number>,
): SampledToken {
  const normaliser = logSumExp(logits);
  const adjusted = penalised(logits, settings.repetitionPenalty, seen);
  const id = settings.temperature === 0 ? best(adjusted) : drawn(adjusted, settings, draw);
  return { id, logProbability: logits[id]! - normaliser };
}

/** ln Σ exp in double precision. @throws `logits-not-finite` */
export function logSumExp(logits: ArrayLike<number>): number {
  let most = -Infinity;
  for (let id = 0; id < logits.length; id++) if (logits[id]! > most) most = logits[id]!;
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += Math.exp(logits[id]! - most);
  const result = most + Math.log(sum);
  // NaN anywhere makes the sum NaN, and infinity makes it NaN or infinite.
  if (Number.isFinite(result)) return result;
  throw notFinite();
}

/** The model computed something that is no number. */
export function notFinite(): MongeError {
  return new MongeError({
    code: 'logits-not-finite',
    blame: 'input',
    what: 'the model computed logits that are no numbers',
    expected: 'finite logits',
    help: 'its weights may be damaged: look at the norms of its tensors, or open it in fp32',
  });
}

function penalised(logits: Float32Array, penalty: number, seen: ReadonlySet<number>): Float32Array {
  if (penalty === 1 || seen.size === 0) return logits;
  const changed = logits.slice();
  for (const id of seen) {
    const logit = logits[id];
    if (logit !== undefined) changed[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return changed;
}

function best(logits: Float32Array): number {
  let found = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[found]!) found = id;
  return found;
}

/** Of large vocabularies without top-k so many are sorted first: a nucleus is mostly a few tokens. */
const FIRST_SORTED = [128, 1024];

function drawn(logits: Float32Array, settings: SamplingSettings, draw: number): number {
  const all = logits.length;
  if (settings.topK > 0 || all <= FIRST_SORTED.at(-1)!) {
    const ids = likeliest(logits, settings.topK === 0 ? all : Math.min(settings.topK, all));
    return drawnOf(ids, logits, settings, draw, null)!;
  }
  const most = logits[best(logits)]!;
  let total = 0;
  for (let id = 0; id < all; id++) total += Math.exp((logits[id]! - most) / settings.temperature);
  for (const count of FIRST_SORTED) {
    const id = drawnOf(likeliest(logits, count), logits, settings, draw, total);
    if (id !== null) return id;
  }
  return drawnOf(likeliest(logits, all), logits, settings, draw, null)!;
}

/**
 * The token drawn of these, the likeliest first, which are all that there are where there is no `total`, the weight of all.
 * Null where it depends on more tokens than these.
 */
function drawnOf(
  ids: ArrayLike<number>,
  logits: Float32Array,
  { temperature, topP, minP }: SamplingSettings,
  draw: number,
  total: number | null,
): number | null {
  const most = logits[ids[0]!]!;
  const weights = Float64Array.from(ids, (id) => Math.exp((logits[id]! - most) / temperature));
  const whole = total ?? weights.reduce((sum, weight) => sum + weight, 0);
  let kept = 0;
  let before = 0;
  while (kept < ids.length && (kept === 0 || (before / whole < topP && weights[kept]! >= minP)))
    before += weights[kept++]!;
  if (total !== null && kept === ids.length) {
    if (topP < 1 || minP > 0) return null;
    before = total;
  }
  const threshold = draw * before;
  let sum = 0;
  for (let rank = 0; rank < kept; rank++) {
    sum += weights[rank]!;
    if (sum > threshold) return ids[rank]!;
  }
  return total !== null && kept === ids.length ? null : ids[kept - 1]!;
}

/** The ids of the `count` greatest logits, the greatest first. */
function likeliest(logits: Float32Array, count: number): ArrayLike<number> {
  const falling = (a: number, b: number) => logits[b]! - logits[a]! || a - b;
  if (count <= 1024) {
    // A threshold from a sample of the values leaves few to be sorted.
    const size = Math.min(4096, logits.length);
    const sample = new Float32Array(size);
    for (let k = 0; k < size; k++) sample[k] = logits[Math.floor((k * logits.length) / size)]!;
    sample.sort();
    const rank = Math.max(0, size - 1 - Math.ceil((4 * count * size) / logits.length) - 8);
    const bound = sample[rank]!;
    const above: number[] = [];
    for (let id = 0; id < logits.length; id++) if (logits[id]! >= bound) above.push(id);
    if (above.length >= count) return above.sort(falling).slice(0, count);
  }
  const ids = new Uint32Array(logits.length);
  for (let id = 0; id < ids.length; id++) ids[id] = id;
  return ids.sort(falling).subarray(0, count);
}
