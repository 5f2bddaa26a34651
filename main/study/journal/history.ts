/** @file All that is known of a study, as the fold of its journal: the same records give the same state, bit for bit. */
import { MongeError } from '../../../native-models/error';
import type { ErrorDetail } from '../../../native-models/error';
import type {
  Point,
  Space,
  StudyDefinition,
  TrialAttempt,
  TrialInfo,
  TrialState,
} from '../../contract/study';
import { mean } from '../../experiments/statistics';
import type { TrialCurve } from '../pruners/pruner';
import type { SamplerEvent } from '../samplers/sampler';
import type { JournalRecord } from './records';

/** One seed of a trial. */
export interface SeedRun {
  state: TrialState;
  attempts: TrialAttempt[];
  /** By objective, where it ended well. */
  values: (number | null)[];
  steps: number[];
  reports: number[];
  reason: string | null;
  error: ErrorDetail | null;
  /** Steps that were done when it ended. */
  stepsDone: number;
}

export interface Trial {
  number: number;
  state: TrialState;
  point: Point;
  origin: TrialInfo['origin'];
  values: (number | null)[];
  reason: string | null;
  /** By seed of the method; those that were begun. */
  seeds: Map<number, SeedRun>;
}

export class StudyHistory {
  readonly id: string;
  readonly created: string;
  readonly definition: StudyDefinition;
  readonly trials: Trial[] = [];
  /** Points that wait to be tried, first first. */
  readonly queue: Point[] = [];
  space: Space;
  /** Trials that are planned. */
  planned: number;
  /** Records so far. */
  revision = 1;
  /** Whether the last session ended as it should. */
  closed = true;
  /** Curves of trials that have ended: pruners look at all of them at every report. */
  readonly #curves = new Map<number, TrialCurve>();

  /** @throws `journal-corrupt` where the first record is no study */
  constructor(first: JournalRecord, file = '') {
    if (first.op !== 'study')
      throw new MongeError({
        code: 'journal-corrupt',
        what: 'the first line of the journal is no study',
        where: { file, row: 1 },
        got: first.op,
      });
    this.id = first.id;
    this.created = first.created;
    this.definition = first.definition;
    this.space = first.definition.space;
    this.planned = first.definition.trials;
  }

  /** Takes the next record in; what samplers hear of it. */
  apply(record: JournalRecord): SamplerEvent[] {
    this.revision += 1;
    switch (record.op) {
      case 'study':
        return [];
      case 'asked':
        return [this.#asked(record)];
      case 'attempt':
        this.#attempt(record);
        return [];
      case 'report':
        return this.#report(record);
      case 'attempt-ended':
        this.#attemptEnded(record);
        return [];
      case 'ended':
        return [this.#ended(record)];
      case 'enqueued':
        this.queue.push(record.point);
        return [];
      case 'retried': {
        const trial = this.#trial(record.trial);
        this.#curves.delete(record.trial);
        trial.state = 'queued';
        trial.reason = null;
        for (const [seed, run] of trial.seeds) if (run.state !== 'complete') trial.seeds.delete(seed);
        return [];
      }
      case 'space':
        this.space = record.space;
        return [{ kind: 'space', space: record.space }];
      case 'planned':
        this.planned = record.trials;
        return [];
      case 'session':
        this.closed = record.what === 'stopped';
        return [];
    }
  }

  /** 1 where smaller is better, else −1: samplers and pruners only know smaller ones. */
  get sign(): 1 | -1 {
    return this.definition.objectives[0]!.direction === 'maximize' ? -1 : 1;
  }

  #asked({ trial, point, origin }: Extract<JournalRecord, { op: 'asked' }>): SamplerEvent {
    if (origin === 'enqueued') this.queue.shift();
    this.trials[trial] = {
      ...{ number: trial, state: 'queued', point, origin, reason: null },
      values: this.definition.objectives.map(() => null),
      seeds: new Map(),
    };
    return { kind: 'asked', trial, point, enqueued: origin !== 'sampler' };
  }

  #attempt({ trial, seed, attempt, launcher, handle, run, at }: Extract<JournalRecord, { op: 'attempt' }>) {
    const of = this.#trial(trial);
    this.#curves.delete(trial);
    of.state = 'running';
    const known = of.seeds.get(seed);
    const attempts: TrialAttempt[] = [
      ...(known?.attempts ?? []),
      { seed, attempt, launcher, handle, run, host: null, started: at, ended: null, seconds: null },
    ];
    // One that goes on keeps its curve: what it reports again replaces what it has reported.
    of.seeds.set(seed, {
      ...{ state: 'running', attempts, values: [], reason: null, error: null },
      ...{ steps: known?.steps ?? [], reports: known?.reports ?? [], stepsDone: known?.stepsDone ?? 0 },
    });
  }

  #report({ trial, seed, step, value }: Extract<JournalRecord, { op: 'report' }>): SamplerEvent[] {
    const of = this.#trial(trial);
    const run = of.seeds.get(seed);
    if (!run) return [];
    this.#curves.delete(trial);
    const at = run.steps.findIndex((known) => known >= step);
    if (at < 0) {
      run.steps.push(step);
      run.reports.push(value);
    } else {
      run.steps.length = run.reports.length = at;
      run.steps.push(step);
      run.reports.push(value);
    }
    const reported = meanAt(of, step);
    return Number.isFinite(reported) ? [{ kind: 'reported', trial, step, value: this.sign * reported }] : [];
  }

  #attemptEnded(record: Extract<JournalRecord, { op: 'attempt-ended' }>): void {
    const run = this.#trial(record.trial).seeds.get(record.seed);
    if (!run) return;
    const { state, values, reason, error, host, seconds, steps, at } = record;
    Object.assign(run, { state, values, reason, error, stepsDone: steps });
    const last = run.attempts.at(-1);
    if (last) Object.assign(last, { host, seconds, ended: at });
  }

  #ended({ trial, state, values, reason }: Extract<JournalRecord, { op: 'ended' }>): SamplerEvent {
    const of = this.#trial(trial);
    this.#curves.delete(trial);
    Object.assign(of, { state, values, reason });
    const [first] = values;
    const known = state === 'complete' || state === 'pruned';
    const seedValues = [...of.seeds.values()].flatMap((run) =>
      typeof run.values[0] === 'number' ? [this.sign * run.values[0]] : [],
    );
    return {
      ...{ kind: 'ended', trial, state, values: seedValues },
      value: known && typeof first === 'number' ? this.sign * first : null,
    };
  }

  #trial(number: number): Trial {
    const trial = this.trials[number];
    if (trial) return trial;
    throw new MongeError({
      code: 'trial-unknown',
      blame: 'input',
      what: 'this study has no such trial',
      got: String(number),
      expected: this.trials.length === 0 ? 'none so far' : `0 to ${this.trials.length - 1}`,
    });
  }

  /** @throws `trial-unknown` */
  trial(number: number): Trial {
    return this.#trial(number);
  }

  /** The curve of a trial as pruners see it; `length` is the steps of a whole one. */
  curve(number: number, length: number): TrialCurve {
    const trial = this.#trial(number);
    const known = this.#curves.get(number);
    if (known) return known.length === length ? known : { ...known, length };
    const steps = [...new Set([...trial.seeds.values()].flatMap((run) => run.steps))].sort((a, b) => a - b);
    const curve = {
      ...{ trial: number, state: trial.state, steps, length },
      values: steps.map((step) => this.sign * meanAt(trial, step)),
    };
    if (trial.state !== 'queued' && trial.state !== 'running') this.#curves.set(number, curve);
    return curve;
  }
}

/** Mean of what the seeds of a trial have reported at a step; NaN where none has. */
function meanAt(trial: Trial, step: number): number {
  const found = [...trial.seeds.values()].flatMap((run) => {
    const at = run.steps.indexOf(step);
    return at < 0 ? [] : [run.reports[at]!];
  });
  return mean(found);
}
