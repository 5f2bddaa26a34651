/** @file Detect against control in numbers: cosines and gains of all blocks, with chance, their correlation, and the best blocks of both. */
import type { SteerDetect } from '../../../contract/steer';
import { correlationOf, cosineChance, cosineChanceAbsolute } from '../../../probes/geometry';
import type { SteeredHook } from '../stages';
import type { ReadBlock } from './read';
import { pairedGain, type Told } from './write';

export interface DetectFound {
  hooks: readonly SteeredHook[];
  read: readonly Omit<ReadBlock, 'map'>[];
  without: Told;
  /** By hook; null where the block could not be steered. */
  steered: readonly (Told | null)[];
  lambda: number;
  seed: number;
}

/** Two-sided 95 % of a normal. */
const Z = 1.96;

export function detectOf({ hooks, read, without, steered, lambda, seed }: DetectFound): SteerDetect {
  const none = { value: NaN, low: NaN, high: NaN };
  const gains = (of: (told: Told) => readonly number[]) =>
    steered.map((told) => (told ? pairedGain(of(without), of(told), seed) : none));
  const [present, judged] = [gains(({ present }) => present), gains((told) => told.judged)];
  const list = <T>(items: readonly T[], of: (item: T) => number) => Float64Array.from(items, of);
  const cosine = list(read, (one) => one.cosine);
  const gain = list(present, ({ value }) => value);
  const judgedGain = list(judged, ({ value }) => value);
  const auc = list(read, (one) => one.auc);
  const width = hooks[0]?.width ?? NaN;
  return {
    blocks: hooks.map(({ layer }) => layer!),
    hook: hooks[0]?.role ?? '',
    cosine,
    cosineMeans: list(read, (one) => one.cosineMeans),
    chance: cosineChanceAbsolute(width),
    chanceHigh: Z * cosineChance(width),
    auc,
    aucMeans: list(read, (one) => one.aucMeans),
    gain,
    gainLow: list(present, ({ low }) => low),
    gainHigh: list(present, ({ high }) => high),
    judged: judgedGain,
    judgedLow: list(judged, ({ low }) => low),
    judgedHigh: list(judged, ({ high }) => high),
    missing: Uint8Array.from(steered, (told) => Number(told === null)),
    lambda,
    continuations: without.present.length,
    correlation: correlated(cosine, gain),
    correlationJudged: correlated(cosine, judgedGain),
    readBest: hooks[best(auc)]?.layer ?? NaN,
    steeredBest: hooks[best(gain)]?.layer ?? NaN,
  };
}

/** Over the places where both are numbers; NaN of fewer than three. */
function correlated(a: Float64Array, b: Float64Array): number {
  const both = [...a.keys()].filter((k) => Number.isFinite(a[k]) && Number.isFinite(b[k]));
  if (both.length < 3) return NaN;
  return correlationOf(
    both.map((k) => a[k]!),
    both.map((k) => b[k]!),
  );
}

/** The place of the largest; of equal ones the first, -1 where none is a number. */
function best(values: Float64Array): number {
  return values.reduce((found, value, at) => (value > (values[found] ?? -Infinity) ? at : found), -1);
}
