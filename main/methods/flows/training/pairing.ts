/** @file The pairs of a run: what each step draws from, the arrival of pools, their log, and what a checkpoint holds of it all. */
import { MongeError } from '../../../../native-models/error';
import type { CheckpointState, RunContext } from '../../../contract/define';
import type { Json } from '../../../contract/schema';
import { prefixed, under } from '../../../disk/named-arrays';
import type { FlowsConfig } from '../config';
import { pairBank } from '../coupling/bank';
import type { CouplingState, CouplingWork, PairedPool, PairSupply, PairData } from '../coupling/coupling';
import { decodePairLog, encodePairLog, logFacts, type LogFacts } from '../coupling/log';
import { openCoupling } from '../coupling/open';
import { addReport, emptySummary, type PoolSummary } from '../coupling/summary';
import { poolStream, poolTimetable } from './pool-stream';

/** A file of the log is written once it holds so many pairs (4 MiB); until then they are in the checkpoint. */
const FILE_PAIRS = 2 ** 20;
const STATE = 'coupling/';
const PENDING = 'pairs';

/** Files of the log so far: number of the first pool, and how many. */
type LogFiles = [first: number, pools: number][];

export type Pairing = Awaited<ReturnType<typeof openPairing>>;

/** Opens the coupling and brings it to where a checkpoint left it. Throws what `openCoupling` throws. */
export async function openPairing(context: RunContext, data: PairData, config: FlowsConfig) {
  const { compute, resume, seed } = context;
  const opened = await openCoupling(data, config, seed, (message) => {
    if (!resume) context.notice(message);
  });
  const coupling = 'fill' in opened ? null : opened;
  const { capacity, arrivals } = coupling
    ? poolTimetable(config, coupling.poolSize, coupling.pools)
    : { capacity: 0, arrivals: [] };
  const bank = pairBank(data, capacity, seed);
  const stream = coupling && poolStream(context, coupling, arrivals.length, config.refill === 'online');
  const supply: PairSupply = 'fill' in opened ? opened : bank;
  let summary = emptySummary();
  let state: CouplingState | null = null;
  let prepared = !coupling?.prepare;
  /** Pools that are in no file of the log yet. */
  let pending: PairedPool[] = [];
  let files: LogFiles = [];
  let facts: LogFacts | undefined;
  /** What was said of the pools: each sentence once. */
  const said = new Set<string>();
  const secondsSince = (started: number) => (context.now() - started) / 1000;
  if (resume) await restore(resume);

  return {
    /** What the steps draw from. */
    supply,
    /** Steps before which each pool must be there; empty where pairs come step by step. */
    arrivals,
    get summary() {
      return summary;
    },
    /** Whether the work before the first pool is done. */
    get prepared() {
      return prepared;
    },
    /** Whether a pool must still arrive before this step. */
    due: (step: number) => summary.pools < arrivals.length && arrivals[summary.pools]! <= step,

    /** Goes on with the work before the first pool; returns soon after `shouldPause` says so. */
    async prepare(shouldPause: () => boolean, onProgress: CouplingWork['onProgress']): Promise<void> {
      const started = context.now();
      const done = await coupling!.prepare!(work(onProgress), state, shouldPause);
      [state, prepared] = [done.state, done.finished];
      summary.seconds += secondsSince(started);
      if (done.notice !== undefined) context.notice(done.notice);
    },

    /** Takes the next pool; false when stopped. */
    async arrive(onProgress: (seconds: number, done?: number) => void): Promise<boolean> {
      const started = context.now();
      onProgress(0);
      const pool = summary.pools;
      const paired = await stream!.take(pool, state, (done) => onProgress(secondsSince(started), done));
      if (!paired) return false;
      await add(pool, paired);
      report(pool, paired, secondsSince(started));
      if (!coupling!.stored) {
        pending.push(paired);
        await write(pool + 1 === arrivals.length);
      }
      return true;
    },

    /** What a checkpoint holds: the pools that are in no file yet, the coupling's own state, and numbers. */
    stored(): Pick<CheckpointState, 'json' | 'arrays'> {
      const arrays = prefixed(STATE, state ?? {});
      if (pending.length > 0) {
        const bytes = logged(summary.pools - pending.length);
        arrays[PENDING] = { data: bytes, shape: [bytes.length] };
      }
      const pools = structuredClone(summary) as unknown as Json;
      return { json: { pools, prepared, log: structuredClone(files) }, arrays };
    },

    async close(): Promise<void> {
      stream?.close();
      await coupling?.close?.();
    },
  };

  function work(onProgress: CouplingWork['onProgress'] = () => undefined): CouplingWork {
    return { compute, shouldStop: () => context.stopRequested(), onProgress };
  }

  async function add(pool: number, paired: PairedPool): Promise<void> {
    bank.add(pool, paired, await coupling!.points?.(work(), paired));
  }

  function report(pool: number, { report: made }: PairedPool, seconds: number): void {
    const { sharpness, epsilon, iterations, marginalError, converged, metrics, notices = [] } = made;
    const curves = { sharpness, 'sinkhorn.iterations': iterations, 'sinkhorn.marginalError': marginalError };
    const further = epsilon > 0 ? { ...metrics, epsilon } : metrics;
    for (const [name, value] of Object.entries({ ...curves, ...further })) context.metric(name, pool, value);
    addReport(summary, made, seconds);
    for (const sentence of notices) {
      if (said.has(sentence)) continue;
      said.add(sentence);
      context.notice(sentence);
    }
    // Said once: thousands of pools may follow that are no better.
    if (!converged && summary.unconverged === 1)
      context.notice(
        `Pool ${pool + 1} was used before its marginals met the tolerance: off by ${marginalError.toExponential(1)} after ${iterations} iterations. Later pools are only counted.`,
      );
  }

  /** The log of the pools that are in no file yet, of which `first` is the first. */
  function logged(first: number): Uint8Array {
    return encodePairLog((facts ??= logFacts(data, config, seed)), pending, first);
  }

  /** Moves pools from the checkpoint to a file of the log when there are enough of them, or no more to come. */
  async function write(last: boolean): Promise<void> {
    if (!context.readArtifact) {
      // What could not be read again has to stay; what is out of use need not.
      pending = pending.slice(-capacity);
      return;
    }
    const pairs = pending.reduce((sum, { rows }) => sum + rows.length, 0);
    if (!last && pairs < FILE_PAIRS) return;
    const first = summary.pools - pending.length;
    await context.artifact(fileName(first), logged(first));
    files.push([first, pending.length]);
    pending = [];
  }

  /** Brings a new pairing to the state of a checkpoint. */
  async function restore({ json, arrays }: CheckpointState): Promise<void> {
    if (Array.isArray(json.pools))
      throw new MongeError({
        code: 'checkpoint-older',
        what: 'this run was begun by an earlier version that kept its pairs in another way',
        help: 'start the run again with the same settings',
      });
    summary = structuredClone(json.pools) as unknown as PoolSummary;
    prepared = json.prepared === true;
    files = structuredClone(json.log) as LogFiles;
    const own = under(STATE, arrays);
    if (Object.keys(own).length > 0) state = own;
    const bytes = arrays[PENDING]?.data;
    if (bytes instanceof Uint8Array) pending = decodePairLog(bytes, 'checkpoint').pools;
    if (!coupling) return;
    const { pools } = summary;
    const logged = pools - pending.length;
    let read = { first: 0, pools: [] as PairedPool[] };
    for (let pool = Math.max(0, pools - capacity); pool < pools; pool++) {
      if (coupling.stored) await add(pool, (await coupling.pair(work(), pool, state))!);
      else if (pool >= logged) await add(pool, pending[pool - logged]!);
      else {
        if (pool >= read.first + read.pools.length) read = await readLog(pool);
        await add(pool, read.pools[pool - read.first]!);
      }
    }
  }

  /** The file of the log with this pool. */
  async function readLog(pool: number): Promise<{ first: number; pools: PairedPool[] }> {
    const [first] = files.find(([from, pools]) => from <= pool && pool < from + pools)!;
    const name = fileName(first);
    const bytes = await context.readArtifact!(name).catch((cause: unknown) => {
      throw new MongeError(
        {
          code: 'pair-log-missing',
          what: 'a file of the pairs of this run is gone, so that it cannot go on',
          where: { file: name },
          help: 'put it back among the artifacts of the run, or start the run again',
        },
        { cause },
      );
    });
    return { first, pools: decodePairLog(bytes, name).pools };
  }
}

function fileName(first: number): string {
  return `pairs-${first}.bin`;
}
