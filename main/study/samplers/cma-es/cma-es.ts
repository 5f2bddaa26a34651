/**
 * @file CMA-ES over the unit cube, as Optuna runs it: from the middle with a sixth of the range, points outside drawn again.
 *
 * - Points of a generation are handed out as trials come, however many at once; the distribution moves when as many as its
 *   population have ended. What ends later, and what others chose, takes no part.
 * - Only ranks count, so a diverged trial needs no value: it ranks behind all others and nothing is drawn towards it. A
 *   generation in which all diverged moves nothing. Pruned trials rank behind complete ones, the further they came the better.
 * - Up to 20 coordinates with full covariance, above with its diagonal alone.
 * - When it has narrowed down it begins anew at a random place with twice the population (IPOP, Auger and Hansen 2005).
 * - Every choice has a coordinate of its own; settings whose condition does not hold are drawn too and left out.
 */
import { stream, type RandomStream } from '../../../../native-models';
import { section } from '../../../contract/schema';
import type { Point, Space } from '../../../contract/study';
import { pointKey } from '../../space/points';
import { defineSampler } from '../define';
import { uniforms } from '../draws';
import type { Sampler, SamplerEvent } from '../sampler';
import { coordinatesOf, type Coordinates } from './coordinates';
import { Distribution, populationOf } from './distribution';
import { keepMargin } from './margin';

const FULL_COVARIANCE = 20;
const [field] = section('CMA-ES');

const FIELDS = {
  population: field('Population: Points per generation; 0 for 4 + 3 ln(dimensions).').integer(0, [0, 10_000]),
  sigma: field('First spread: Standard deviation of the first generation, as a share of every range.').real(
    1 / 6,
    [1e-6, 1],
  ),
  restarts: field('Restarts: How often it may begin anew with twice the population.').integer(9, [0, 100]),
};

export const cmaEs = defineSampler(
  'CMA-ES: A cloud of points that learns the shape of the valley; for smooth objectives and hundreds of trials.',
  FIELDS,
  ({ space, seed }, options) => new CmaEs(space, seed, options),
);

interface Asked {
  x: Float64Array;
  /** Generations and restarts before it. */
  era: number;
  /** The last reported step; -1 before one. */
  step: number;
}

interface Ended {
  x: Float64Array;
  trial: number;
  /** 0 for complete, 1 for pruned, 2 for diverged. */
  rank: number;
  step: number;
  value: number;
}

interface CmaOptions {
  population: number;
  sigma: number;
  restarts: number;
}

class CmaEs implements Sampler {
  readonly #seed: number;
  readonly #options: CmaOptions;
  #coordinates: Coordinates;
  #distribution!: Distribution;
  /** Of coordinates with cells, by how much deviations are widened. */
  #scales = new Float64Array(0);
  #restarts = 0;
  #era = 0;
  #asked = new Map<number, Asked>();
  #ended: Ended[] = [];
  /** Best and worst of the last generations. */
  #history: [number, number][] = [];

  constructor(space: Space, seed: number, options: CmaOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#coordinates = coordinatesOf(space);
    this.#begin(0);
  }

  /** A new distribution after some restarts. */
  #begin(restarts: number): void {
    const n = this.#coordinates.count;
    this.#restarts = restarts;
    const base = this.#options.population || populationOf(Math.max(1, n));
    const mean =
      restarts === 0
        ? new Float64Array(n).fill(0.5)
        : uniforms(this.#seed, 'study.cma-es.restart', restarts, n);
    const population = Math.max(2, base) * 2 ** restarts;
    this.#distribution = new Distribution(mean, this.#options.sigma, population, n > FULL_COVARIANCE);
    this.#scales = new Float64Array(n).fill(1);
    this.#history = [];
    this.#next();
  }

  #next(): void {
    this.#era++;
    this.#ended = [];
  }

  ask(trial: number): Point {
    return this.#coordinates.pointAt(this.#read(this.#draw(trial)));
  }

  /** Coordinates of a trial; those of a continuum inside the cube. */
  #draw(trial: number): Float64Array {
    const draws = stream(this.#seed, 'study.cma-es', trial);
    const n = this.#coordinates.count;
    for (let attempt = 0; ; attempt++) {
      const x = this.#distribution.at(normals(draws, n));
      if (attempt >= 10 * n)
        return x.map((value, k) => (this.#isStepped(k) ? value : Math.min(1, Math.max(0, value))));
      if (x.every((value, k) => this.#isStepped(k) || (value >= 0 && value <= 1))) return x;
    }
  }

  #isStepped(k: number): boolean {
    return this.#coordinates.stepped[k] !== null;
  }

  /** Where a point is evaluated: deviations of cells are widened. */
  #read(x: Float64Array): Float64Array {
    const { mean } = this.#distribution;
    return x.map((value, k) => mean[k]! + (value - mean[k]!) * this.#scales[k]!);
  }

  tell(event: SamplerEvent): void {
    if (event.kind === 'space') {
      this.#coordinates = coordinatesOf(event.space);
      this.#asked.clear();
      this.#begin(0);
    } else if (event.kind === 'asked') {
      this.#asked.delete(event.trial);
      if (event.enqueued) return;
      const x = this.#draw(event.trial);
      if (pointKey(this.#coordinates.pointAt(this.#read(x))) !== pointKey(event.point)) return;
      this.#asked.set(event.trial, { x, era: this.#era, step: -1 });
    } else if (event.kind === 'reported') {
      const asked = this.#asked.get(event.trial);
      if (asked) asked.step = Math.max(asked.step, event.step);
    } else this.#end(event);
  }

  #end({ trial, state, value }: SamplerEvent & { kind: 'ended' }): void {
    const asked = this.#asked.get(trial);
    const rank = ['complete', 'pruned', 'diverged'].indexOf(state);
    if (!asked || rank < 0 || asked.era !== this.#era) return;
    this.#asked.delete(trial);
    if (rank < 2 && (value === null || Number.isNaN(value))) return;
    this.#ended.push({
      x: asked.x,
      trial,
      rank,
      step: rank === 1 ? asked.step : 0,
      value: value ?? Infinity,
    });
    if (this.#ended.length >= this.#distribution.population && this.#coordinates.count > 0) this.#move();
  }

  #move(): void {
    const ranked = [...this.#ended].sort(
      (a, b) => a.rank - b.rank || b.step - a.step || compare(a.value, b.value) || a.trial - b.trial,
    );
    const distribution = this.#distribution;
    const valued = ranked.some(({ rank }) => rank < 2);
    if (valued) {
      distribution.update(ranked.map(({ x, rank }) => ({ x, valued: rank < 2 })));
      keepMargin(distribution, this.#scales, this.#coordinates.stepped);
    }
    this.#next();
    const spent = (valued && distribution.stopped() !== null) || this.#isFlat(ranked);
    if (spent && this.#restarts < this.#options.restarts) this.#begin(this.#restarts + 1);
  }

  /** Whether the last generations, all of them complete, have had nothing to choose from. */
  #isFlat(ranked: readonly Ended[]): boolean {
    const complete = ranked.every(({ rank }) => rank === 0);
    this.#history.push(complete ? [ranked[0]!.value, ranked.at(-1)!.value] : [-Infinity, Infinity]);
    const { size, population } = this.#distribution;
    const length = 10 + Math.ceil((30 * size) / population);
    if (this.#history.length > length) this.#history.shift();
    if (this.#history.length < length) return false;
    const best = Math.min(...this.#history.map(([value]) => value));
    return Math.max(...this.#history.map(([, value]) => value)) - best < 1e-12;
  }
}

function normals(draws: RandomStream, count: number): Float32Array {
  return draws.normal(new Float32Array(count));
}

/** Infinite values are equal among each other. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
