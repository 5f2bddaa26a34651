/** @file The pairs of a run: what each step draws from, the arrival of pools, their log, and what a checkpoint holds of it all. */
import { MongeError } from '../../../../native-models/error';
import type { CheckpointState, NamedArray, RunContext } from '../../../contract/define';
import type { Json } from '../../../contract/schema';
import type { FlowsConfig } from '../config';
import { PairBank } from '../coupling/bank';
import type {
  Coupling,
  CouplingState,
  CouplingWork,
  PairedPool,
  PairSupply,
  PoolCoupling,
  PoolData,
} from '../coupling/coupling';
import { decodePairLog, encodePairLog, logFacts, type LogFacts } from '../coupling/log';
import { openCoupling } from '../coupling/open';
import { addReport, emptySummary, readSummary, storedSummary, type PoolSummary } from '../coupling/summary';
import { PoolStream, poolTimetable, type PoolTimetable } from './pool-stream';

/** A file of the log is written once it holds so many pairs (4 MiB); until then they are in the checkpoint. */
const FILE_PAIRS = 2 ** 20;
const STATE = 'coupling/';
const PENDING = 'pairs';

/** Files of the log so far: number of the first pool, and how many. */
type LogFiles = [first: number, pools: number][];

/** Opens the coupling and brings it to where a checkpoint left it. Throws what `openCoupling` throws. */
export async function openPairing(
  context: RunContext,
  data: PoolData,
  config: FlowsConfig,
): Promise<Pairing> {
  const notice = (message: string) => {
    if (!context.resume) context.notice(message);
  };
  const coupling = await openCoupling(data, config, context.seed, notice);
  const pairing = new Pairing(context, data, config, coupling);
  if (context.resume) await pairing.restore(context.resume);
  return pairing;
}

export class Pairing {
  /** What the steps draw from. */
  readonly supply: PairSupply;
  /** Steps before which each pool must be there; empty where pairs come step by step. */
  readonly arrivals: readonly number[];
  summary: PoolSummary = emptySummary();
  readonly #context: RunContext;
  readonly #coupling: PoolCoupling | null;
  readonly #bank: PairBank | null;
  readonly #stream: PoolStream | null;
  readonly #timetable: PoolTimetable;
  readonly #facts: () => LogFacts;
  #state: CouplingState | null = null;
  #prepared = true;
  /** What was said of the pools: each sentence once. */
  readonly #said = new Set<string>();
  /** Pools that are in no file of the log yet. */
  #pending: PairedPool[] = [];
  #files: LogFiles = [];

  constructor(context: RunContext, data: PoolData, config: FlowsConfig, coupling: Coupling) {
    this.#context = context;
    if (coupling.kind === 'steps') {
      this.#coupling = this.#bank = this.#stream = null;
      this.#timetable = { capacity: 0, arrivals: [] };
      this.supply = coupling.supply;
    } else {
      this.#coupling = coupling;
      this.#timetable = poolTimetable(config, coupling.poolSize, coupling.pools);
      this.#bank = new PairBank(data, this.#timetable.capacity, context.seed);
      this.#stream = new PoolStream(
        context,
        coupling,
        this.#timetable.arrivals.length,
        config.refill === 'online',
      );
      this.#prepared = coupling.prepare === undefined;
      this.supply = this.#bank;
    }
    this.arrivals = this.#timetable.arrivals;
    let facts: LogFacts | undefined;
    this.#facts = () => (facts ??= logFacts(data, config, context.seed));
  }

  /** Whether the work before the first pool is done. */
  get prepared(): boolean {
    return this.#prepared;
  }

  /** Whether a pool must still arrive before this step. */
  due(step: number): boolean {
    const { pools } = this.summary;
    return pools < this.arrivals.length && this.arrivals[pools]! <= step;
  }

  /** Goes on with the work before the first pool; returns soon after `shouldPause` says so. */
  async prepare(shouldPause: () => boolean, onProgress: (done?: number) => void): Promise<void> {
    const started = this.#context.now();
    const { state, finished, notice } = await this.#coupling!.prepare!(
      this.#work(onProgress),
      this.#state,
      shouldPause,
    );
    this.#state = state;
    this.#prepared = finished;
    this.summary.seconds += (this.#context.now() - started) / 1000;
    if (notice !== undefined) this.#context.notice(notice);
  }

  /** Takes the next pool; false when stopped. */
  async arrive(onProgress: (seconds: number, done?: number) => void): Promise<boolean> {
    const started = this.#context.now();
    const seconds = () => (this.#context.now() - started) / 1000;
    onProgress(0);
    const pool = this.summary.pools;
    const paired = await this.#stream!.take(pool, this.#state, (done) => onProgress(seconds(), done));
    if (!paired) return false;
    await this.#add(pool, paired);
    this.#report(pool, paired, seconds());
    if (!this.#coupling!.stored) {
      this.#pending.push(paired);
      await this.#write(pool + 1 === this.arrivals.length);
    }
    return true;
  }

  /** What a checkpoint holds: the pools that are in no file yet, the coupling's own state, and numbers. */
  stored(): { json: Record<string, Json>; arrays: Record<string, NamedArray> } {
    const arrays: Record<string, NamedArray> = {};
    for (const [name, array] of Object.entries(this.#state ?? {})) arrays[STATE + name] = array;
    if (this.#pending.length > 0) {
      const data = encodePairLog(this.#facts(), this.#pending, this.summary.pools - this.#pending.length);
      arrays[PENDING] = { data, shape: [data.length] };
    }
    const { summary } = this;
    return {
      json: { pools: storedSummary(summary), prepared: this.#prepared, log: structuredClone(this.#files) },
      arrays,
    };
  }

  /** Brings a new pairing to the state of a checkpoint. */
  async restore({ json, arrays }: CheckpointState): Promise<void> {
    if (Array.isArray(json.pools))
      throw new MongeError({
        code: 'checkpoint-older',
        what: 'this run was begun by an earlier version that kept its pairs in another way',
        help: 'start the run again with the same settings',
      });
    this.summary = readSummary(json.pools!);
    this.#prepared = json.prepared === true;
    this.#files = structuredClone(json.log) as LogFiles;
    const own = Object.entries(arrays).filter(([name]) => name.startsWith(STATE));
    if (own.length > 0)
      this.#state = Object.fromEntries(own.map(([name, array]) => [name.slice(STATE.length), array]));
    const pending = arrays[PENDING]?.data;
    if (pending instanceof Uint8Array) this.#pending = decodePairLog(pending, 'checkpoint').pools;
    if (!this.#coupling) return;
    const { pools } = this.summary;
    let read: { first: number; pools: PairedPool[] } | undefined;
    for (let pool = Math.max(0, pools - this.#timetable.capacity); pool < pools; pool++) {
      const place = pool - (pools - this.#pending.length);
      let paired: PairedPool | null | undefined;
      if (this.#coupling.stored) paired = await this.#coupling.pair(this.#work(), pool, this.#state);
      else if (place >= 0) paired = this.#pending[place];
      else {
        if (!read || pool >= read.first + read.pools.length) read = await this.#read(pool);
        paired = read.pools[pool - read.first];
      }
      await this.#add(pool, paired!);
    }
  }

  async close(): Promise<void> {
    this.#stream?.close();
    await this.#coupling?.close?.();
  }

  async #add(pool: number, paired: PairedPool): Promise<void> {
    const points = await this.#coupling!.points?.(this.#work(), paired);
    this.#bank!.add(pool, paired, points);
  }

  #report(pool: number, { report }: PairedPool, seconds: number): void {
    const { sharpness, iterations, marginalError, converged, metrics } = report;
    this.#context.metric('sharpness', pool, sharpness);
    this.#context.metric('sinkhorn.iterations', pool, iterations);
    this.#context.metric('sinkhorn.marginalError', pool, marginalError);
    for (const [name, value] of Object.entries(metrics)) this.#context.metric(name, pool, value);
    if (report.epsilon > 0) this.#context.metric('epsilon', pool, report.epsilon);
    addReport(this.summary, report, seconds);
    for (const sentence of report.notices ?? []) {
      if (this.#said.has(sentence)) continue;
      this.#said.add(sentence);
      this.#context.notice(sentence);
    }
    // Said once: thousands of pools may follow that are no better.
    if (!converged && this.summary.unconverged === 1)
      this.#context.notice(
        `Pool ${pool + 1} was used before its marginals met the tolerance: off by ${marginalError.toExponential(1)} after ${iterations} iterations. Later pools are only counted.`,
      );
  }

  /** Moves pools from the checkpoint to a file of the log when there are enough of them, or no more to come. */
  async #write(last: boolean): Promise<void> {
    if (!this.#context.readArtifact) {
      // What could not be read again has to stay; what is out of use need not.
      this.#pending = this.#pending.slice(-this.#timetable.capacity);
      return;
    }
    const pairs = this.#pending.reduce((sum, { rows }) => sum + rows.length, 0);
    if (!last && pairs < FILE_PAIRS) return;
    const first = this.summary.pools - this.#pending.length;
    await this.#context.artifact(fileName(first), encodePairLog(this.#facts(), this.#pending, first));
    this.#files.push([first, this.#pending.length]);
    this.#pending = [];
  }

  async #read(pool: number): Promise<{ first: number; pools: PairedPool[] }> {
    const [first] = this.#files.find(([from, pools]) => from <= pool && pool < from + pools)!;
    const name = fileName(first);
    const bytes = await this.#context.readArtifact!(name).catch((cause: unknown) => {
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

  #work(onProgress: (done?: number) => void = () => undefined): CouplingWork {
    const { compute } = this.#context;
    return { compute, shouldStop: () => this.#context.stopRequested(), onProgress };
  }
}

function fileName(first: number): string {
  return `pairs-${first}.bin`;
}
