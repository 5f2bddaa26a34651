/** @file Studies of an Optuna journal: the replay of its operations, as Optuna itself replays them. */
import { MongeError } from '../../../native-models/error';
import type { Json } from '../../contract/schema';
import type { Dimension, Objective, Point, Space, TrialState } from '../../contract/study';
import { decodeNumber } from '../../disk/metrics';
import { fromInternal, readDistribution, union } from './distributions';
import { notAJournal, parseJournal, type OptunaRecord } from './parse';

/** A trial that was run elsewhere. */
export interface ForeignTrial {
  point: Point;
  state: TrialState;
  /** By objective; null where there is none. */
  values: (number | null)[];
  steps: number[];
  reports: number[];
  reason: string | null;
  /** Seconds it took; 0 where that is not known. */
  seconds: number;
}

export interface ForeignStudy {
  name: string;
  space: Space;
  directions: Objective['direction'][];
  /** Names of the objectives where the file tells them. */
  metrics: string[] | null;
  trials: ForeignTrial[];
  /** Points that wait. */
  queue: Point[];
}

interface Raw {
  state: number;
  point: Point;
  values: (number | null)[];
  reports: Map<number, number>;
  user: Record<string, Json>;
  fixed: Point | null;
  started: number;
  ended: number;
}
interface RawStudy {
  name: string;
  directions: number[];
  metrics: string[] | null;
  dimensions: Map<string, Dimension>;
  trials: Raw[];
}

/** Optuna's codes of states. */
const STATES = { running: 0, complete: 1, pruned: 2, failed: 3, waiting: 4 } as const;
/** The attribute in which a journal of ours keeps the state that Optuna has no word for. */
export const STATE_KEY = 'monge_state';

/**
 * All studies of a journal. A trial whose value is infinite has diverged, one that was running is lost, and what was enqueued
 * waits; the space is what all its distributions hold.
 * @throws `optuna-journal-invalid` with the row of a line that cannot be followed
 */
export function readOptuna(text: string, file: string): ForeignStudy[] {
  const studies: (RawStudy | null)[] = [];
  const trials: { study: RawStudy; trial: Raw }[] = [];
  parseJournal(text, file).forEach((record, at) => {
    if (!follow(record, studies, trials)) throw notAJournal(file, at + 1, JSON.stringify(record));
  });
  return studies.flatMap((study) => (study ? [foreign(study)] : []));
}

/**
 * The study of that name, or the only one.
 * @throws `optuna-study-missing` where there is none, or several and no name
 */
export function oneStudy(studies: readonly ForeignStudy[], name: string | undefined): ForeignStudy {
  const found = name === undefined ? studies : studies.filter((study) => study.name === name);
  if (found.length === 1) return found[0]!;
  throw new MongeError({
    ...{ code: 'optuna-study-missing', blame: 'input', where: { key: 'name' } },
    what: name === undefined ? 'the journal holds several studies, or none' : 'the journal has no such study',
    got: name ?? `${studies.length} studies`,
    expected: studies.map((study) => study.name).join(', ') || 'a journal with a study',
  });
}

/** Does what a record says; false for a record that says nothing that can be done. */
function follow(
  record: OptunaRecord,
  studies: (RawStudy | null)[],
  trials: { study: RawStudy; trial: Raw }[],
): boolean {
  const { op_code: op, study_id: study, trial_id: number } = record;
  switch (op) {
    case 0: {
      const { study_name: name, directions } = record;
      if (typeof name !== 'string' || !Array.isArray(directions)) return false;
      if (studies.some((known) => known?.name === name)) return true;
      studies.push({
        name,
        directions: directions.map(Number),
        metrics: null,
        dimensions: new Map(),
        trials: [],
      });
      return true;
    }
    case 1:
      if (typeof study !== 'number' || studies[study] === undefined) return false;
      studies[study] = null;
      return true;
    case 2:
    case 10:
      return true;
    case 3: {
      const names = objectOf(record.system_attr)['study:metric_names'];
      const of = typeof study === 'number' ? studies[study] : undefined;
      if (of && Array.isArray(names) && names.length === of.directions.length) of.metrics = names.map(String);
      return of !== undefined;
    }
    case 4: {
      const of = typeof study === 'number' ? studies[study] : undefined;
      if (of === undefined) return false;
      // Of a study that was deleted.
      if (of === null) return true;
      const trial = created(record, of);
      of.trials.push(trial);
      trials.push({ study: of, trial });
      return true;
    }
  }
  const known = typeof number === 'number' ? trials[number] : undefined;
  if (!known) return false;
  const { study: of, trial } = known;
  if (trial.state !== STATES.running && trial.state !== STATES.waiting) return true;
  switch (op) {
    case 5:
      if (typeof record.param_name !== 'string') return false;
      return setParameter(of, trial, record.param_name, record.distribution, record.param_value_internal);
    case 6:
      if (typeof record.state !== 'number') return false;
      trial.state = record.state;
      if (Array.isArray(record.values)) trial.values = record.values.map(numberOrNull);
      trial.started = timeOf(record.datetime_start) ?? trial.started;
      trial.ended = timeOf(record.datetime_complete) ?? trial.ended;
      return true;
    case 7: {
      const [step, value] = [decodeNumber(record.step), decodeNumber(record.intermediate_value)];
      if (step === undefined || value === undefined) return false;
      trial.reports.set(step, value);
      return true;
    }
    case 8:
      Object.assign(trial.user, record.user_attr);
      return true;
    case 9:
      setSystem(trial, record.system_attr);
      return true;
  }
  return false;
}

/** A trial as its first record has it, which may be all of it. */
function created(record: OptunaRecord, study: RawStudy): Raw {
  const started = timeOf(record.datetime_start) ?? NaN;
  const values = Array.isArray(record.values) ? record.values : [record.value ?? null];
  const trial: Raw = {
    ...{ state: typeof record.state === 'number' ? record.state : STATES.running, point: {} },
    ...{ values: values.map(numberOrNull), reports: new Map(), user: {}, fixed: null, started },
    ended: timeOf(record.datetime_complete) ?? NaN,
  };
  const distributions = objectOf(record.distributions);
  for (const [key, value] of Object.entries(objectOf(record.params)))
    setParameter(study, trial, key, distributions[key], value);
  for (const [step, value] of Object.entries(objectOf(record.intermediate_values)))
    trial.reports.set(Number(step), decodeNumber(value) ?? NaN);
  Object.assign(trial.user, objectOf(record.user_attrs));
  setSystem(trial, record.system_attrs);
  return trial;
}

function setSystem(trial: Raw, given: Json | undefined): void {
  const { fixed_params: fixed } = objectOf(given);
  if (fixed !== undefined) trial.fixed = objectOf(fixed);
}

function setParameter(
  study: RawStudy,
  trial: Raw,
  key: string,
  distribution: Json | undefined,
  internal: Json | undefined,
): boolean {
  const dimension = readDistribution(distribution);
  const value = dimension ? fromInternal(dimension, internal) : undefined;
  if (!dimension || value === undefined) return false;
  const before = study.dimensions.get(key);
  study.dimensions.set(key, (before && union(before, dimension)) ?? dimension);
  trial.point[key] = value;
  return true;
}

function foreign({ name, directions, metrics, dimensions, trials }: RawStudy): ForeignStudy {
  const ended = trials.filter(({ state }) => state !== STATES.waiting);
  const conditions = new Map(
    [...dimensions.keys()].map((key) => [key, conditionOf(key, dimensions, ended)] as const),
  );
  const space = Object.fromEntries(
    [...dimensions].map(([key, dimension]) => {
      const when = conditions.get(key);
      return [key, when ? { ...dimension, when } : dimension];
    }),
  );
  return {
    ...{ name, space, metrics },
    ...{ directions: directions.map((code) => (code === 2 ? 'maximize' : 'minimize')) },
    trials: ended.map((trial) => foreignTrial(trial, directions.length)),
    queue: trials.flatMap(({ state, fixed }) => (state === STATES.waiting && fixed ? [fixed] : [])),
  };
}

/** The choices of another setting for which alone this one is there; undefined where no setting tells. */
function conditionOf(
  key: string,
  dimensions: ReadonlyMap<string, Dimension>,
  trials: readonly Raw[],
): Dimension['when'] {
  const has = (trial: Raw) => Object.hasOwn(trial.point, key);
  const told = trials.filter(({ state }) => state !== STATES.running);
  if (told.every(has)) return undefined;
  for (const [parent, dimension] of dimensions) {
    if (parent === key || !('choices' in dimension)) continue;
    const values = dimension.choices.filter((choice) =>
      told.some((trial) => has(trial) && trial.point[parent] === choice),
    );
    const tells = told.every((trial) => has(trial) === values.includes(trial.point[parent] ?? NaN));
    if (values.length > 0 && tells) return { key: parent, values };
  }
  return undefined;
}

function foreignTrial(trial: Raw, objectives: number): ForeignTrial {
  const { point, user, started, ended } = trial;
  const steps = [...trial.reports.keys()].sort((a, b) => a - b);
  const reports = steps.map((step) => trial.reports.get(step)!);
  const values = Array.from({ length: objectives }, (_, at) => trial.values[at] ?? null);
  const seconds = ended > started ? (ended - started) / 1000 : 0;
  const known = { point, steps, reports, seconds };
  const none = values.map(() => null);
  switch (trial.state) {
    case STATES.complete:
      if (values[0] !== null && Number.isFinite(values[0]))
        return {
          ...known,
          ...{ state: 'complete', reason: null },
          values: values.map((value) => (value !== null && Number.isFinite(value) ? value : null)),
        };
      return { ...known, state: 'diverged', values: none, reason: 'its value is not finite' };
    case STATES.pruned: {
      const last = reports.filter((report) => Number.isFinite(report)).at(-1) ?? null;
      const [first = null] = values;
      const value = first !== null && Number.isFinite(first) ? first : last;
      const reason = typeof user.monge_reason === 'string' ? user.monge_reason : 'pruned in Optuna';
      return { ...known, state: 'pruned', values: [value, ...none.slice(1)], reason };
    }
    case STATES.running:
      return { ...known, state: 'lost', values: none, reason: 'it was running when the journal was copied' };
    default: {
      const own = user[STATE_KEY];
      const state = own === 'diverged' || own === 'cancelled' || own === 'lost' ? own : 'failed';
      const reason = typeof user.monge_reason === 'string' ? user.monge_reason : 'failed in Optuna';
      return { ...known, state, values: none, reason };
    }
  }
}

const objectOf = (value: Json | undefined): Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
const numberOrNull = (value: Json): number | null => decodeNumber(value) ?? null;

/** Milliseconds; undefined for what is no time. */
function timeOf(value: Json | undefined): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
