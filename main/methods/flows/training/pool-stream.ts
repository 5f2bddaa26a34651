/** @file When pools come and where from: paired in place, or by a job beside the training that is waited for when it is due. */
import type { BackgroundWork, RunContext } from '../../../contract/define';
import type { CouplingState, PairedPool, PoolCoupling } from '../coupling/coupling';
import type { PairPoolArguments } from '../coupling/job';

/** A stop is noticed this soon while a pool is waited for. */
const LOOK_MILLISECONDS = 50;

/** Steps before which each pool must be ready: spread over the first half of training, the first at once. */
export function poolArrivals(pools: number, steps: number): number[] {
  return Array.from({ length: pools }, (_, pool) => Math.floor((pool / pools) * (steps / 2)));
}

export interface PoolTimetable {
  /** Pools in use at a time. */
  capacity: number;
  /** Steps before which each pool must be ready, ascending. A function of the settings alone: results cannot show how fast pools are made. */
  arrivals: number[];
}

/**
 * When pools come. Kept: all of them over the first half of training. Online: one every `refillSteps` steps to the end,
 * by default at the pace of the kept ones; once `pairs` are in use a new pool replaces the oldest. `given` is the number
 * of pools where they are stored and not made.
 */
export function poolTimetable(
  settings: { pairs: number; steps: number; refill: 'kept' | 'online'; refillSteps: number },
  poolSize: number,
  given?: number,
): PoolTimetable {
  const { pairs, steps, refill, refillSteps } = settings;
  const wanted = Math.ceil(pairs / poolSize);
  if (refill === 'kept') {
    const capacity = given ?? wanted;
    return { capacity, arrivals: poolArrivals(capacity, steps) };
  }
  const interval = refillSteps > 0 ? refillSteps : steps / 2 / wanted;
  const pools = Math.min(given ?? Infinity, Math.ceil(steps / interval));
  return {
    capacity: wanted,
    arrivals: Array.from({ length: pools }, (_, pool) => Math.floor(pool * interval)),
  };
}

/**
 * Gives pools by number. With `beside` the pool after the one just taken is paired in another thread meanwhile, where
 * the engine has one; which pools are given, and what is in them, is the same either way.
 */
export class PoolStream {
  readonly #context: RunContext;
  readonly #coupling: PoolCoupling;
  readonly #pools: number;
  readonly #beside: boolean;
  #ahead: { pool: number; work: BackgroundWork } | null = null;

  constructor(context: RunContext, coupling: PoolCoupling, pools: number, beside: boolean) {
    this.#context = context;
    this.#coupling = coupling;
    this.#pools = pools;
    this.#beside = beside && !coupling.stored && context.background !== undefined;
  }

  /** Pool number `pool`; null when stopped. */
  async take(
    pool: number,
    state: CouplingState | null,
    onProgress: (done?: number) => void,
  ): Promise<PairedPool | null> {
    const shouldStop = () => this.#context.stopRequested();
    const { compute } = this.#context;
    const paired =
      this.#ahead?.pool === pool
        ? await this.#wait(this.#ahead.work, onProgress)
        : await this.#coupling.pair({ compute, shouldStop, onProgress }, pool, state);
    if (paired) this.#start(pool + 1, state);
    return paired;
  }

  /** Starts pairing `pool` beside the training, if there is such a pool and a place to do it. */
  #start(pool: number, state: CouplingState | null): void {
    this.#ahead = null;
    if (!this.#beside || pool >= this.#pools) return;
    const asked: PairPoolArguments = { pool, state };
    const work = this.#context.background!('pairPool', asked);
    // A failure is told when the pool is due; until then it must not count as unhandled.
    work.result.catch(() => undefined);
    this.#ahead = { pool, work };
  }

  async #wait(work: BackgroundWork, onProgress: () => void): Promise<PairedPool | null> {
    const settled = work.result.then(
      () => true,
      () => true,
    );
    for (;;) {
      if (this.#context.stopRequested()) {
        this.close();
        return null;
      }
      if (await Promise.race([settled, pause()])) break;
      onProgress();
    }
    return (await work.result) as PairedPool | null;
  }

  /** Tells the job under way that its answer is not wanted. */
  close(): void {
    this.#ahead?.work.cancel();
    this.#ahead = null;
  }
}

function pause(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), LOOK_MILLISECONDS));
}
