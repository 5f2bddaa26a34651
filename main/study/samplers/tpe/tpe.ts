/**
 * @file The tree-structured Parzen estimator with Optuna 5's definitions (multivariate): of 24 points drawn from the density of
 * the good trials, the one where it stands highest above the density of all others.
 *
 * - Good are the best tenth of the trials with a value, at most 25; pruned ones rank behind complete ones.
 * - Running trials count among the others, so that those asked at the same time keep apart (constant liar).
 * - A diverged trial has no value and no rank: it only stands among the others, as a place to keep away from. Failed, cancelled
 *   and lost ones say nothing about their point and are left out.
 * - Settings with the same condition form a group with densities of its own, over the trials that have it (Optuna finds the
 *   same groups from the trials); groups are decided one after the other, from conditions outward.
 * - Until ten trials have ended with a value or diverged, points are random.
 */
import { section } from '../../../contract/schema';
import type { Json } from '../../../contract/schema';
import type { Point, Space } from '../../../contract/study';
import { axesOf, type Axis } from '../../space/axes';
import { inOrder, lies, restrict } from '../../space/points';
import { canonical } from '../../space/read';
import { defineSampler } from '../define';
import { randomPoint, uniforms } from '../draws';
import type { Sampler, SamplerEvent, SamplerOptions } from '../sampler';
import { grown } from './members';
import { Parzen, type ParzenOptions } from './parzen';
import { Ranking } from './ranking';

const [field, more] = section('TPE');

const FIELDS = {
  startup: field('Random trials: Trials that have ended before the densities decide.').integer(
    10,
    [1, 100_000],
  ),
  candidates: field('Candidates: Points drawn from the good density, of which the best is taken.').integer(
    24,
    [1, 10_000],
  ),
  magicClip: more('Least width: Keeps kernels from becoming narrower than a share of the range.').boolean(
    true,
  ),
  endpoints: more('Ends as neighbours: Lets the outermost kernels reach to the ends of the range.').boolean(
    false,
  ),
};

export const tpe = defineSampler(
  'TPE: Draws near good points and away from the others; needs little and takes every kind of space.',
  FIELDS,
  (setup, options) => new Tpe(setup, options),
);

interface Trial {
  row: number;
  point: Point;
  /** The last reported step; -1 before one. */
  step: number;
  standing: 'running' | 'ranked' | 'diverged' | 'out';
  value: number;
  pruned: boolean;
}

/** Settings that a trial has all or none of. */
interface Group {
  keys: string[];
  axes: Axis[];
  columns: Float64Array[];
  good: Parzen;
  others: Parzen;
}

type TpeOptions = ParzenOptions & { startup: number; candidates: number };

class Tpe implements Sampler {
  readonly #setup: SamplerOptions;
  readonly #options: TpeOptions;
  readonly #trials = new Map<number, Trial>();
  #space: Space;
  #axes: Axis[] = [];
  #groups: Group[] = [];
  #ranking = new Ranking();
  #good = new Set<number>();
  #diverged = 0;

  constructor(setup: SamplerOptions, options: TpeOptions) {
    this.#setup = setup;
    this.#options = options;
    this.#space = setup.space;
    this.#rebuild();
  }

  ask(trial: number): Point {
    const { seed } = this.#setup;
    if (this.#ranking.size + this.#diverged < this.#options.startup)
      return randomPoint(this.#space, this.#axes, { seed, label: 'study.tpe.random', trial });
    const whole: Record<string, Json> = {};
    for (const axis of this.#axes) if (!axis.varies) whole[axis.key] = axis.fromUnit(0.5);
    this.#groups.forEach((group, k) => {
      if (!this.#applies(group, whole)) return;
      const places = this.#best(
        group,
        uniforms(seed, `study.tpe.${k}`, trial, this.#options.candidates * (group.axes.length + 1)),
      );
      group.axes.forEach((axis, a) => (whole[axis.key] = axis.fromUnit(places[a]!)));
    });
    return restrict(this.#space, whole);
  }

  #applies(group: Group, whole: Point): boolean {
    const key = group.keys[0]!;
    return Object.hasOwn(restrict(this.#space, { ...whole, [key]: null }), key);
  }

  #best(group: Group, shares: Float64Array): Float64Array {
    const stride = group.axes.length + 1;
    let best: Float64Array = new Float64Array(0);
    let highest = -Infinity;
    for (let k = 0; k < this.#options.candidates; k++) {
      const places = group.good.sample(shares.subarray(k * stride, (k + 1) * stride));
      const score = group.good.logDensity(places) - group.others.logDensity(places);
      if (k === 0 || score > highest) [best, highest] = [places, score];
    }
    return best;
  }

  tell(event: SamplerEvent): void {
    if (event.kind === 'space') {
      this.#space = event.space;
      this.#rebuild();
      return;
    }
    if (event.kind === 'asked') {
      const known = this.#trials.get(event.trial);
      if (known) this.#leave(known);
      const trial: Trial = {
        ...{ row: this.#trials.size, point: event.point, step: -1, standing: 'running' as const },
        ...{ value: NaN, pruned: false },
        ...(known && { row: known.row }),
      };
      this.#trials.set(event.trial, trial);
      this.#enter(trial);
      return;
    }
    const trial = this.#trials.get(event.trial);
    if (!trial) return;
    if (event.kind === 'reported') {
      trial.step = Math.max(trial.step, event.step);
      return;
    }
    this.#leave(trial);
    trial.pruned = event.state === 'pruned';
    trial.value = event.value ?? NaN;
    if (event.state === 'complete' && event.value !== null) trial.standing = 'ranked';
    else if (event.state === 'pruned') trial.standing = 'ranked';
    else if (event.state === 'diverged') trial.standing = 'diverged';
    else if (event.state === 'running' || event.state === 'queued') trial.standing = 'running';
    else trial.standing = 'out';
    this.#enter(trial);
  }

  /** Trials whose point is not one of the space take no part. */
  #enter(trial: Trial): void {
    if (trial.standing === 'out' || !lies(this.#space, trial.point)) return;
    for (const group of this.#groups) place(group, trial);
    this.#move(trial, 'others', 'insert');
    if (trial.standing === 'diverged') this.#diverged++;
    if (trial.standing !== 'ranked') return;
    const steps = trial.pruned ? (Number.isNaN(trial.value) ? -1 : trial.step) : null;
    this.#ranking.add(trial.row, trial.value, steps);
    this.#regroup();
  }

  #leave(trial: Trial): void {
    if (trial.standing === 'out' || !lies(this.#space, trial.point)) return;
    if (trial.standing === 'diverged') this.#diverged--;
    if (trial.standing === 'ranked') {
      this.#ranking.remove(trial.row);
      this.#regroup();
    }
    this.#move(trial, 'others', 'remove');
  }

  /** Moves what has become good, or is so no longer, from one density to the other. */
  #regroup(): void {
    const good = new Set(this.#ranking.good());
    for (const row of this.#good) if (!good.has(row)) this.#exchange(row, 'good', 'others');
    for (const row of good) if (!this.#good.has(row)) this.#exchange(row, 'others', 'good');
    this.#good = good;
  }

  #exchange(row: number, from: 'good' | 'others', to: 'good' | 'others'): void {
    for (const group of this.#groups) {
      if (Number.isNaN(group.columns[0]![row]!)) continue;
      group[from].remove(row);
      group[to].insert(row);
    }
  }

  #move(trial: Trial, side: 'good' | 'others', how: 'insert' | 'remove'): void {
    for (const group of this.#groups)
      if (!Number.isNaN(group.columns[0]![trial.row]!)) group[side][how](trial.row);
  }

  /** All that follows from the space, with the trials known so far. */
  #rebuild(): void {
    this.#axes = axesOf(this.#space);
    this.#groups = groupsOf(this.#space, this.#axes, this.#options);
    this.#ranking = new Ranking();
    this.#good = new Set();
    this.#diverged = 0;
    for (const trial of this.#trials.values()) this.#enter(trial);
  }
}

/** Writes the places of a trial's point into the table of a group; NaN where it does not have the group. */
function place(group: Group, { row, point }: Trial): void {
  group.axes.forEach((axis, k) => {
    group.columns[k] = grown(group.columns[k]!, row + 1);
    group.columns[k][row] = Object.hasOwn(point, axis.key) ? axis.toUnit(point[axis.key]!) : NaN;
  });
}

/** The settings that vary, by condition, so that each group comes after the one it depends on. */
function groupsOf(space: Space, axes: readonly Axis[], options: ParzenOptions): Group[] {
  const byCondition = new Map<string, string[]>();
  for (const key of inOrder(space)) {
    if (!axes.find((axis) => axis.key === key)!.varies) continue;
    const when = space[key]!.when;
    const condition = when ? canonical([when.key, when.values]) : '';
    byCondition.set(condition, [...(byCondition.get(condition) ?? []), key]);
  }
  return [...byCondition.values()].map((keys) => {
    const own = keys.map((key) => axes.find((axis) => axis.key === key)!);
    const columns = own.map(() => new Float64Array(16));
    const seen = { axes: own, columns };
    return { keys, axes: own, columns, good: new Parzen(seen, options), others: new Parzen(seen, options) };
  });
}
