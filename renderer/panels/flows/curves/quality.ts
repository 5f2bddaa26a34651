/** @file Which runs belong together in quality figures, and the points, bands and fronts drawn from them. */
import type { Json, RunRecord } from '../../../../main/rpc/contract';
import { sameData } from '../runs';

export const curveBudgets = [1, 2, 4, 8, 16, 64] as const;

/** Settings in which runs of one sweep over the pool size may differ: more points may need more pairs kept. */
const poolKeys: ReadonlySet<string> = new Set(['poolSize', 'pairs', 'seed']);
/** Settings in which repetitions may differ. */
const seedKeys: ReadonlySet<string> = new Set(['seed']);

/** Runs that differ in nothing but the seed, in first-seen order. */
export function bySeed(runs: readonly RunRecord[]): RunRecord[][] {
  const groups = new Map<string, RunRecord[]>();
  for (const run of runs) {
    const key = configKey(run, seedKeys);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

/** Finished runs of the store on the same data, of the same settings but for the pool size and the seed. */
export function poolSweep(run: RunRecord, store: readonly RunRecord[]): RunRecord[] {
  const key = configKey(run, poolKeys);
  return store.filter(
    (other) => other.method === run.method && sameData(run, other) && configKey(other, poolKeys) === key,
  );
}

function configKey(run: RunRecord, without: ReadonlySet<string>): string {
  const kept = Object.entries(run.config).filter(([key]) => !without.has(key));
  const given = run.inputs.map(({ input, sha256 }) => `${input} ${sha256}`);
  return JSON.stringify([given, kept.sort(([a], [b]) => a.localeCompare(b)) satisfies [string, Json][]]);
}

export interface Band {
  x: Float64Array;
  mean: Float64Array;
  low: Float64Array;
  high: Float64Array;
  /** Runs behind the band at its fullest place. */
  runs: number;
}

/** Mean and range at each x over several curves; an x that only some of them have is over those. */
export function bandOf(curves: readonly (readonly [x: number, y: number][])[]): Band {
  const at = new Map<number, number[]>();
  for (const curve of curves)
    for (const [x, y] of curve) if (Number.isFinite(y)) at.set(x, [...(at.get(x) ?? []), y]);
  const sorted = [...at].sort(([a], [b]) => a - b);
  const over = (of: (values: number[]) => number): Float64Array =>
    Float64Array.from(sorted, ([, values]) => of(values));
  return {
    x: Float64Array.from(sorted, ([x]) => x),
    mean: over((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    low: over((values) => Math.min(...values)),
    high: over((values) => Math.max(...values)),
    runs: Math.max(0, ...sorted.map(([, values]) => values.length)),
  };
}

export interface CostPoint {
  run: RunRecord;
  /** Seconds of pairing and training. */
  seconds: number;
  distance: number;
  /** Whether no other run is both cheaper and better. */
  front: boolean;
}

/** Seconds that pairing and training took; null where the run did not report them. */
export function costOf({ metrics, config }: RunRecord): number | null {
  const { pairSeconds, trainSeconds, stepsPerSecond } = metrics;
  if (trainSeconds !== undefined) return trainSeconds + (pairSeconds ?? 0);
  // Runs from before these numbers: their seconds of training held the pairing.
  return stepsPerSecond && typeof config.steps === 'number' ? config.steps / stepsPerSecond : null;
}

/** Runs on the same data by cost and distance, cheapest first, with the Pareto front marked. */
export function costPoints(run: RunRecord, store: readonly RunRecord[], metric: string): CostPoint[] {
  const points = store.flatMap((other): CostPoint[] => {
    const [seconds, distance] = [costOf(other), other.metrics[metric]];
    if (other.method !== run.method || !sameData(run, other)) return [];
    if (seconds === null || seconds <= 0 || distance === undefined || !(distance > 0)) return [];
    return [{ run: other, seconds, distance, front: false }];
  });
  points.sort((a, b) => a.seconds - b.seconds || a.distance - b.distance);
  let best = Infinity;
  return points.map((point) => {
    const front = point.distance < best;
    if (front) best = point.distance;
    return { ...point, front };
  });
}

/** Final metrics that measure a distance at a budget: `slicedW2.nfe4`, `frechet.nfe8`. */
export function distanceMetrics(
  runs: readonly RunRecord[],
  titleOf: (metric: string) => string,
): { metric: string; title: string; floor: string }[] {
  const names = new Set(runs.flatMap((run) => Object.keys(run.metrics)));
  const found = [...names].flatMap((metric) => {
    const match = /^(slicedW2|frechet)\.nfe(\d+)$/.exec(metric);
    if (!match) return [];
    return [{ metric, title: titleOf(metric), floor: `${match[1]}.floor`, evaluations: Number(match[2]) }];
  });
  return found.sort((a, b) => b.floor.localeCompare(a.floor) || a.evaluations - b.evaluations);
}
