/** @file A study as a journal that Optuna 5 and its dashboard open: one record for the study, one for every trial. */
import type { Dimension } from '../../contract/study';
import type { StudyHistory, Trial } from '../journal/history';
import { toInternal, union, writeDistribution } from './distributions';
import { formatTolerant } from './parse';
import { STATE_KEY } from './read';

const WORKER = 'monge';

/**
 * The lines of the journal. Optuna has no word for a trial that diverged, was cancelled or lost: it is failed there, with
 * our state and reason as attributes of the trial, which `readOptuna` takes back.
 */
export function writeOptuna(history: StudyHistory): string {
  const { definition, id, trials, queue } = history;
  const dimensions = dimensionsOf(history);
  const records: object[] = [
    {
      ...{ op_code: 0, worker_id: WORKER, study_name: `${definition.name} (${id})` },
      directions: definition.objectives.map(({ direction }) => (direction === 'maximize' ? 2 : 1)),
    },
    ...[
      { monge_method: definition.method },
      { metric_names: definition.objectives.map(({ metric }) => metric) },
    ].map((attr) => ({ op_code: 'metric_names' in attr ? 3 : 2, worker_id: WORKER, ...attrOf(attr) })),
    ...trials.map((trial) => trialRecord(history, trial, dimensions)),
    ...queue.map((point) => ({
      ...{ op_code: 4, worker_id: WORKER, study_id: 0, datetime_start: null, state: 4, value: null },
      ...{ values: null, distributions: {}, params: {}, user_attrs: {}, intermediate_values: {} },
      system_attrs: { fixed_params: point },
    })),
  ];
  return records.map((record) => `${formatTolerant(record)}\n`).join('');
}

/** Optuna keeps the names of objectives among its own attributes. */
function attrOf(attr: { monge_method: string } | { metric_names: string[] }): object {
  return 'metric_names' in attr
    ? { study_id: 0, system_attr: { 'study:metric_names': attr.metric_names } }
    : { study_id: 0, user_attr: attr };
}

/** One for every setting, wide enough for all spaces that the study has had: Optuna wants the same choices in all trials. */
function dimensionsOf({ definition, space, trials }: StudyHistory): Map<string, Dimension> {
  const dimensions = new Map(Object.entries(definition.space));
  for (const [key, dimension] of Object.entries(space)) {
    const before = dimensions.get(key);
    dimensions.set(key, (before && union(before, dimension)) ?? dimension);
  }
  for (const [key, dimension] of dimensions) {
    const values = trials.flatMap(({ point }) => (point[key] === undefined ? [] : [point[key]]));
    dimensions.set(key, values.reduce(including, dimension));
  }
  return dimensions;
}

/** The dimension, and a value of a space between the first and the last. */
function including(dimension: Dimension, value: Trial['point'][string]): Dimension {
  if ('choices' in dimension)
    return toInternal(dimension, value) === undefined
      ? { ...dimension, choices: [...dimension.choices, value] }
      : dimension;
  if (typeof value !== 'number' || (value >= dimension.low && value <= dimension.high)) return dimension;
  return { ...dimension, low: Math.min(dimension.low, value), high: Math.max(dimension.high, value) };
}

function trialRecord(
  history: StudyHistory,
  trial: Trial,
  dimensions: ReadonlyMap<string, Dimension>,
): object {
  const { state, values, reason, point, number } = trial;
  const code = codeOf(trial);
  const several = history.definition.objectives.length > 1;
  const kept = code === 1 ? values : code === 2 && !several ? values : null;
  const params: Record<string, number> = {};
  const distributions: Record<string, string> = {};
  for (const [key, value] of Object.entries(point)) {
    const dimension = dimensions.get(key);
    const internal = dimension && toInternal(dimension, value);
    if (!dimension || internal === undefined) continue;
    params[key] = internal;
    distributions[key] = writeDistribution(dimension);
  }
  const attempts = [...trial.seeds.values()].flatMap((run) => run.attempts);
  const ended =
    attempts
      .map((one) => one.ended)
      .filter((time) => time !== null)
      .at(-1) ?? history.created;
  const curve = history.curve(number, 1);
  return {
    ...{ op_code: 4, worker_id: WORKER, study_id: 0 },
    datetime_start: pythonTime(attempts[0]?.started ?? history.created),
    ...(code !== 0 && { datetime_complete: pythonTime(ended) }),
    ...{ state: code, value: several ? null : (kept?.[0] ?? null), values: several ? kept : null },
    ...{ distributions, params },
    user_attrs: {
      ...(code !== 0 && code !== 1 && { [STATE_KEY]: state }),
      ...(reason !== null && { monge_reason: reason }),
    },
    system_attrs: trial.origin === 'enqueued' ? { fixed_params: point } : {},
    intermediate_values: Object.fromEntries(
      Array.from(curve.steps, (step, at) => [step, history.sign * curve.values[at]!]),
    ),
  };
}

/** Complete is only what has all its values. */
function codeOf({ state, values }: Trial): number {
  if (state === 'queued' || state === 'running') return 0;
  if (state === 'complete') return values.every((value) => value !== null) ? 1 : 3;
  return state === 'pruned' ? 2 : 3;
}

/** Python before 3.11 knows no Z. */
const pythonTime = (iso: string): string => iso.replace(/Z$/, '+00:00');
