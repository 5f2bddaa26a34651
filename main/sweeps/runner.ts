/**
 * @file Works on a study: hands points out, runs every seed of them, listens to their curves, ends what the pruner judges,
 * and writes all of it to the journal before anything follows from it. Whoever reads the journal again is where this was.
 */
import { errorDetail } from '../../native-models/error';
import type { Json } from '../contract/schema';
import type { Point, TrialState } from '../contract/study';
import { mean } from '../experiments/statistics';
import type { StudyHistory, Trial } from '../study/journal/history';
import type { JournalRecord } from '../study/journal/records';
import type { Pruner } from '../study/pruners/pruner';
import type { Sampler } from '../study/samplers/sampler';
import type { AttemptEnd, Executor, RunningAttempt } from './executor';

/** Reports of a seed that are kept: more would make the journal long and tell a pruner nothing. */
const MOST_REPORTS = 50;

export interface RunnerOptions {
  history: StudyHistory;
  sampler: Sampler;
  pruner: Pruner | null;
  executor: Executor;
  /** Puts a record on the disk and into the history; the sampler has heard of it when this resolves. */
  write: (record: JournalRecord) => Promise<void>;
  now: () => Date;
}

interface Active {
  trial: number;
  seed: number;
  running: RunningAttempt | null;
  /** Why it is being ended; null where it goes on. */
  pruned: string | null;
  /** The last kept report's place among `MOST_REPORTS`. */
  kept: number;
}

export class StudyRunner {
  readonly #options: RunnerOptions;
  readonly #active = new Set<Active>();
  #stopping: 'finish' | 'cancel' | null = null;
  #wake: () => void = () => undefined;
  #exhausted = false;
  #over = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Whether it starts nothing any more, whatever comes. */
  get over(): boolean {
    return this.#over || this.#stopping !== null;
  }

  get stopping(): boolean {
    return this.#stopping !== null;
  }

  /** Works until all trials have ended or it was stopped; says whether all have. */
  async run(): Promise<boolean> {
    const { write, now, executor } = this.#options;
    await write({ op: 'session', what: 'started', at: now().toISOString() });
    try {
      for (;;) {
        while (!this.#stopping && this.#active.size < executor.slots && (await this.#startNext()));
        if (this.#active.size === 0) break;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#over = true;
      await write({ op: 'session', what: 'stopped', at: now().toISOString() });
    }
    return this.#stopping === null;
  }

  /** `finish` lets what runs end; `cancel` stops it with a checkpoint, from which it goes on later. */
  stop(how: 'finish' | 'cancel'): void {
    this.#stopping = how;
    if (how === 'cancel') for (const { running } of this.#active) running?.stop();
    this.#wake();
  }

  /** Looks again for something to do: a point was enqueued, or more trials planned. */
  wake(): void {
    this.#exhausted = false;
    this.#wake();
  }

  async #startNext(): Promise<boolean> {
    const next = this.#unfinished() ?? (await this.#ask());
    if (!next) return false;
    const active: Active = { ...next, running: null, pruned: null, kept: -1 };
    this.#active.add(active);
    try {
      await this.#start(active);
    } catch (error) {
      await this.#end(active, failed(error));
    }
    return true;
  }

  /** The first seed of a begun trial that nobody works on. */
  #unfinished(): { trial: number; seed: number } | null {
    const { trials, definition } = this.#options.history;
    for (const trial of trials) {
      if (trial.state !== 'queued' && trial.state !== 'running') continue;
      for (const seed of definition.seeds) {
        const run = trial.seeds.get(seed);
        const rests = run !== undefined && run.state !== 'running';
        const worked = [...this.#active].some((one) => one.trial === trial.number && one.seed === seed);
        if (!rests && !worked) return { trial: trial.number, seed };
      }
    }
    return null;
  }

  async #ask(): Promise<{ trial: number; seed: number } | null> {
    const { history, sampler, write } = this.#options;
    const trial = history.trials.length;
    const queued = history.queue[0];
    if (trial >= history.planned && !queued) return null;
    if (this.#exhausted && !queued) return null;
    const point: Point | null = queued ?? sampler.ask(trial);
    if (!point) {
      this.#exhausted = true;
      return null;
    }
    await write({ op: 'asked', trial, point, origin: queued ? 'enqueued' : 'sampler' });
    return { trial, seed: history.definition.seeds[0]! };
  }

  async #start(active: Active): Promise<void> {
    const { history, executor, write, now } = this.#options;
    const { trial, seed } = active;
    const { settings, objectives } = history.definition;
    const [objective] = objectives;
    const { point, seeds } = history.trial(trial);
    const before = seeds.get(seed)?.attempts ?? [];
    const config: Record<string, Json> = { ...settings, ...point };
    const running = await executor.start(
      { trial, seed, attempt: before.length + 1, config, run: before.at(-1)?.run ?? null },
      objective!.curve ?? objective!.metric,
      (step, value, length) => void this.#hear(active, step, value, length),
    );
    active.running = running;
    await write({
      ...{ op: 'attempt', trial, seed, attempt: before.length + 1, launcher: executor.kind },
      ...{ handle: running.handle, run: running.run, at: now().toISOString() },
    });
    // Asked while it was being started.
    if (this.#stopping === 'cancel') running.stop();
    void running.ended.then((end) => this.#end(active, end));
  }

  async #hear(active: Active, step: number, value: number, length: number): Promise<void> {
    const place = length > 0 ? Math.floor((MOST_REPORTS * step) / length) : step;
    if (active.pruned !== null || place <= active.kept) return;
    active.kept = place;
    const { history, pruner, write } = this.#options;
    const { trial, seed } = active;
    await write({ op: 'report', trial, seed, step, value });
    if (!pruner || length === 0 || !this.#active.has(active)) return;
    const curve = history.curve(trial, length);
    const others = history.trials
      .filter((one) => one.number !== trial)
      .map((one) => history.curve(one.number, length));
    const reason = pruner.judge(curve, others);
    if (reason === null || active.pruned !== null) return;
    // All seeds of a trial end with it.
    for (const one of this.#active)
      if (one.trial === trial) {
        one.pruned = reason;
        one.running?.stop();
      }
  }

  async #end(active: Active, end: AttemptEnd): Promise<void> {
    const { history, write, now } = this.#options;
    const { trial, seed, pruned } = active;
    try {
      const interrupted = end.state === 'cancelled' && pruned === null;
      // What was stopped to go on later has not ended.
      if (interrupted) return;
      const state: TrialState = end.state === 'cancelled' ? 'pruned' : end.state;
      const values = history.definition.objectives.map(({ metric }) => finite(end.metrics[metric]));
      const complete = state === 'complete';
      const missing = complete && values[0] === null;
      await write({
        ...{ op: 'attempt-ended', trial, seed, state: missing ? 'failed' : state },
        values: complete ? values : [],
        reason: missing ? 'the run did not report the objective' : (pruned ?? end.error?.what ?? null),
        ...{ error: end.error, host: end.host, seconds: end.seconds },
        // The run's own progress is of its last stage, which need not be the training.
        steps: history.trial(trial).seeds.get(seed)?.steps.at(-1) ?? 0,
        at: now().toISOString(),
      });
      await this.#endTrial(history.trial(trial));
    } catch (error) {
      // A full disk: nothing that is not in the journal may follow.
      this.stop('cancel');
      this.failure ??= error;
    } finally {
      this.#active.delete(active);
      this.#wake();
    }
  }

  /** What could not be written; the study stops then. */
  failure: unknown = null;

  /** Ends a trial once its seeds have, or one of them has told enough. */
  async #endTrial(trial: Trial): Promise<void> {
    const { history, write, now } = this.#options;
    const { seeds, objectives } = history.definition;
    const runs = seeds.map((seed) => trial.seeds.get(seed));
    // The first of these that any seed has is the trial's, whatever the others would say.
    const worst = (['diverged', 'failed', 'lost', 'pruned'] as const).find((state) =>
      runs.some((run) => run?.state === state),
    );
    const rest = runs.every((run) => run !== undefined && run.state !== 'running');
    if (!worst && !rest) return;
    if (runs.some((run) => run?.state === 'running')) {
      if (worst) for (const one of this.#active) if (one.trial === trial.number) one.running?.stop();
      if (!rest) return this.#waitForSeeds(trial, worst);
    }
    const state: TrialState = worst ?? 'complete';
    const values = objectives.map((_, at) => {
      if (state === 'complete') return finite(mean(runs.map((run) => run!.values[at] ?? NaN)));
      if (state !== 'pruned' || at > 0) return null;
      const curve = history.curve(trial.number, 1);
      return finite(history.sign * (curve.values[curve.values.length - 1] ?? NaN));
    });
    const reason = worst ? (runs.find((run) => run?.state === worst)?.reason ?? null) : null;
    await write({ op: 'ended', trial: trial.number, state, values, reason, at: now().toISOString() });
  }

  /** Seeds that still run are being stopped: the last of them ends the trial. */
  #waitForSeeds(trial: Trial, worst: TrialState | undefined): void {
    for (const one of this.#active)
      if (one.trial === trial.number) one.pruned ??= `another seed ${worst ?? 'ended'}`;
  }
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** A run that could not be begun. */
function failed(error: unknown): AttemptEnd {
  return {
    ...{ state: 'failed', metrics: {}, error: errorDetail(error) },
    ...{ seconds: 0, host: null },
  };
}
