/** @file The trainings of a batch of experiments: each found among the runs, resumed or started, one after the other. */
import { MongeError } from '../../native-models/error';
import type { RunRecord, StartRequest } from '../contract/engine';
import { keyOf, type PlannedTraining } from './plan';

/** What the trainings need of the engine. */
export interface TrainingHost {
  startRun(request: StartRequest): Promise<RunRecord>;
  resumeRun(id: string): Promise<RunRecord>;
  stopRun(id: string): Promise<RunRecord>;
  /** The record once the run rests. */
  waitForRun(id: string): Promise<RunRecord>;
  listRuns(): Promise<RunRecord[]>;
}

const resumable = ['stopped', 'interrupted'];

export class Trainings {
  private readonly found = new Map<string, RunRecord>();
  private readonly finished = new Set<string>();
  /** Seconds of the finished runs by arm. */
  private readonly seconds = new Map<string, number[]>();
  private stopping = false;
  /** The training under way and its run. */
  current: { planned: PlannedTraining; run: string } | null = null;

  constructor(
    private readonly host: TrainingHost,
    private readonly method: string,
    /** Every training of the batch by its key. */
    private readonly planned: ReadonlyMap<string, PlannedTraining>,
    private readonly changed: () => void,
  ) {}

  /** Looks through the runs for those of this batch; with `fresh` only the unfinished ones are taken up. */
  async open(fresh: boolean): Promise<void> {
    // Newest first: an older run of the same key is not looked at.
    for (const run of await this.host.listRuns()) {
      if (run.method !== this.method || run.error?.code === 'run-corrupt') continue;
      const key = keyOf(run);
      const planned = this.planned.get(key);
      if (!planned) continue;
      const ended = isOutcome(run, planned);
      if (ended ? fresh : !resumable.includes(run.status)) continue;
      const kept = this.found.get(key);
      if (kept && (isOutcome(kept, planned) || !ended)) continue;
      this.found.set(key, run);
    }
    for (const [key, run] of this.found) if (isOutcome(run, this.planned.get(key)!)) this.finish(key, run);
  }

  get total(): number {
    return this.planned.size;
  }

  get done(): number {
    return this.finished.size;
  }

  /** The finished run of the batch's training of this key. Throws `claims-stopped`, `claim-training-failed`. */
  async train(key: string): Promise<RunRecord> {
    if (this.stopping) throw stopped();
    const planned = this.planned.get(key)!;
    const known = this.found.get(key);
    if (known && isOutcome(known, planned)) return known;
    const going = (known && (await this.tryToResume(known.id))) ?? (await this.start(planned));
    this.current = { planned, run: going.id };
    this.changed();
    try {
      // Asked while the run was being made.
      if (this.stopping) await this.host.stopRun(going.id);
      const run = await this.host.waitForRun(going.id);
      this.found.set(key, run);
      if (isOutcome(run, planned)) this.finish(key, run);
      else if (resumable.includes(run.status)) throw stopped();
      else throw failed(run);
      return run;
    } finally {
      this.current = null;
      this.changed();
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.current) await this.host.stopRun(this.current.run);
  }

  /** Seconds left, from how long runs of the same arm took, or of all arms; null before there is any. */
  secondsLeft(record: RunRecord | null): number | null {
    const all = [...this.seconds.values()].flat();
    const running = this.current && record?.id === this.current.run ? record : null;
    if (all.length === 0 && (running?.progress.secondsLeft ?? null) === null) return null;
    const average = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
    const guess = (planned: PlannedTraining) => {
      const own = this.seconds.get(planned.armKey);
      if (own) return average(own);
      return all.length > 0 ? average(all) : running!.seconds + running!.progress.secondsLeft!;
    };
    let left = 0;
    for (const [key, planned] of this.planned) {
      if (this.finished.has(key)) continue;
      const whole = guess(planned);
      if (running && planned === this.current?.planned)
        // A run that takes longer than those before tells its own time.
        left += Math.max(whole - running.seconds, running.progress.secondsLeft ?? 0);
      else left += whole;
    }
    return left;
  }

  private finish(key: string, run: RunRecord): void {
    const planned = this.planned.get(key);
    if (!planned || this.finished.has(key)) return;
    this.finished.add(key);
    const known = this.seconds.get(planned.armKey) ?? [];
    this.seconds.set(planned.armKey, [...known, run.seconds]);
  }

  /** A stopped run goes on; one that cannot is left as it is, and a new one takes its place. */
  private async tryToResume(id: string): Promise<RunRecord | null> {
    try {
      return await this.host.resumeRun(id);
    } catch {
      return null;
    }
  }

  private start({ training, data, claims }: PlannedTraining): Promise<RunRecord> {
    return this.host.startRun({
      method: this.method,
      data,
      config: { ...training.config },
      seed: training.seed,
      name: [claims.join(' '), training.recipe, training.label, `seed ${training.seed}`].join(' · '),
      tags: claims.map((claim) => `claim ${claim}`),
    });
  }
}

/** Whether a run has come to what the experiment asked for. */
const isOutcome = ({ status }: RunRecord, { training }: PlannedTraining): boolean =>
  status === 'done' || (status === 'diverged' && training.mayDiverge === true);

function stopped(): MongeError {
  return new MongeError({
    code: 'claims-stopped',
    what: 'the experiments were stopped',
    help: 'Run them again: finished runs are kept, and a stopped one goes on from its checkpoint.',
  });
}

function failed(run: RunRecord): MongeError {
  return new MongeError({
    code: 'claim-training-failed',
    what: `a training of this experiment ${run.status === 'diverged' ? 'diverged' : 'failed'}: ${run.error?.what ?? run.status}`,
    where: { key: run.id },
    ...(run.error?.got === undefined ? {} : { got: run.error.got }),
    ...(run.error?.expected === undefined ? {} : { expected: run.error.expected }),
    help: run.error?.help ?? `monge show ${run.id} tells more.`,
  });
}
