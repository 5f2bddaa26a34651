/** @file When pools come and where from: paired in place, or by a job beside the training that is waited for when it is due. */
import type { BackgroundWork, RunContext } from '../../../contract/define';
import type { CouplingState, CouplingWork, PairedPool, PoolCoupling } from '../coupling/coupling';
import type { PairPoolArguments } from '../coupling/open';

/** A stop is noticed this soon while a pool is waited for. */
const LOOK_MILLISECONDS = 50;

/**
 * When pools come. Kept: all of them over the first half of training, the first at once. Online: one every `refillSteps`
 * steps to the end, by default at the pace of the kept ones; once `pairs` are in use a new pool replaces the oldest. `given`
 * is the number of pools where they are stored and not made. `capacity` pools are in use at a time, `arrivals` ascend: a
 * function of the settings alone, so that results cannot show how fast pools are made.
 */
export function poolTimetable(
  settings: { pairs: number; steps: number; refill: 'kept' | 'online'; refillSteps: number },
  poolSize: number,
  given?: number,
): { capacity: number; arrivals: number[] } {
  const { pairs, steps, refill, refillSteps } = settings;
  const wanted = Math.ceil(pairs / poolSize);
  const every = (pools: number, stepOf: (pool: number) => number) =>
    Array.from({ length: pools }, (_, pool) => Math.floor(stepOf(pool)));
  if (refill === 'kept') {
    const capacity = given ?? wanted;
    return { capacity, arrivals: every(capacity, (pool) => (pool / capacity) * (steps / 2)) };
  }
  const interval = refillSteps > 0 ? refillSteps : steps / 2 / wanted;
  const pools = Math.min(given ?? Infinity, Math.ceil(steps / interval));
  return { capacity: wanted, arrivals: every(pools, (pool) => pool * interval) };
}

/**
 * Gives `pools` pools by number. With `beside` the pool after the one just taken is paired in another thread meanwhile,
 * where the engine has one; which pools are given, and what is in them, is the same either way.
 */
export function poolStream(context: RunContext, coupling: PoolCoupling, pools: number, beside: boolean) {
  const { compute } = context;
  const threaded = beside && !coupling.stored && context.background !== undefined;
  const shouldStop = () => context.stopRequested();
  let ahead: { pool: number; work: BackgroundWork } | null = null;

  /** Tells the job under way that its answer is not wanted. */
  function close(): void {
    ahead?.work.cancel();
    ahead = null;
  }

  /** Starts pairing `pool` beside the training, if there is such a pool and a place to do it. */
  function start(pool: number, state: CouplingState | null): void {
    ahead = null;
    if (!threaded || pool >= pools) return;
    const asked: PairPoolArguments = { pool, state };
    const work = context.background!('pairPool', asked);
    // A failure is told when the pool is due; until then it must not count as unhandled.
    work.result.catch(() => undefined);
    ahead = { pool, work };
  }

  async function wait({ result }: BackgroundWork, onProgress: () => void): Promise<PairedPool | null> {
    const settled = result.then(
      () => true,
      () => true,
    );
    for (;;) {
      if (shouldStop()) {
        close();
        return null;
      }
      if (await Promise.race([settled, pause()])) return (await result) as PairedPool | null;
      onProgress();
    }
  }

  return {
    /** Pool number `pool`; null when stopped. */
    async take(
      pool: number,
      state: CouplingState | null,
      onProgress: CouplingWork['onProgress'],
    ): Promise<PairedPool | null> {
      const paired =
        ahead?.pool === pool
          ? await wait(ahead.work, onProgress)
          : await coupling.pair({ compute, shouldStop, onProgress }, pool, state);
      if (paired) start(pool + 1, state);
      return paired;
    },
    close,
  };
}

function pause(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), LOOK_MILLISECONDS));
}
