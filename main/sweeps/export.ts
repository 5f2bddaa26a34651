/** @file A study as files that other tools read: CSV, columns as JSON, HiPlot's list of points, and Optuna's journal. */
import type { ExportedFile } from '../contract/engine';
import type { Json } from '../contract/schema';
import type { StudyFormat } from '../contract/study';
import type { StudyHistory } from '../study/journal/history';
import { writeOptuna } from '../study/optuna/write';
import { columnsOf, trialStates } from './columns';

const endings: Record<StudyFormat, string> = {
  ...{ csv: '.csv', json: '.json', hiplot: '.hiplot.json', optuna: '.optuna.log' },
};

export function exportStudy(history: StudyHistory, format: StudyFormat): ExportedFile {
  const text = { csv: csvOf, json: jsonOf, hiplot: hiplotOf, optuna: writeOptuna }[format](history);
  return {
    name: `${history.id}${endings[format]}`,
    mediaType: {
      csv: 'text/csv',
      optuna: 'text/plain',
      json: 'application/json',
      hiplot: 'application/json',
    }[format],
    bytes: new TextEncoder().encode(text),
  };
}

/** One row a trial; settings that a trial does not have are empty, and so are values of those that did not end well. */
function csvOf({ trials, definition, space }: StudyHistory): string {
  const keys = [...new Set([...Object.keys(definition.space), ...Object.keys(space)])];
  const metrics = definition.objectives.map(({ metric }) => metric);
  const head = ['trial', 'state', ...keys, ...metrics, 'reason'];
  const rows = trials.map(({ number, state, point, values, reason }) =>
    [
      String(number),
      state,
      ...keys.map((key) => word(point[key])),
      ...values.map((value) => word(value)),
      reason ?? '',
    ]
      .map(quoted)
      .join(','),
  );
  return [head.map(quoted).join(','), ...rows, ''].join('\n');
}

function jsonOf(history: StudyHistory): string {
  const { definition } = history;
  const { states, values, spread, seconds, points } = columnsOf(history);
  const list = (numbers: Float64Array) =>
    Array.from(numbers, (value) => (Number.isNaN(value) ? null : value));
  return JSON.stringify(
    {
      study: definition,
      trials: {
        state: Array.from(states, (code) => trialStates[code]),
        values: values.map(list),
        spread: list(spread),
        seconds: list(seconds),
        points: Object.fromEntries(
          points.map(({ key }) => [key, history.trials.map(({ point }) => point[key] ?? null)]),
        ),
        points_as_numbers: Object.fromEntries(points.map(({ key, values: own }) => [key, list(own)])),
      },
    },
    null,
    1,
  );
}

/** HiPlot's experiment: `datapoints` with `uid`, `values` and `from_uid`. */
function hiplotOf({ trials, definition }: StudyHistory): string {
  const datapoints = trials.map(({ number, state, point, values }) => ({
    uid: String(number),
    from_uid: null,
    values: {
      trial: number,
      state,
      ...point,
      ...Object.fromEntries(definition.objectives.map(({ metric }, at) => [metric, values[at] ?? null])),
    },
  }));
  return JSON.stringify({ datapoints, parameters_definition: {}, display_data: {} });
}

const word = (value: Json | undefined): string =>
  value === undefined || value === null
    ? ''
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
