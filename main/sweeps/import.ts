/** @file Trials that were run elsewhere, from an Optuna journal or a CSV, as a study of ours. */
import { parse } from 'csv-parse/sync';
import { MongeError } from '../../native-models/error';
import type { Json } from '../contract/schema';
import type { Dimension, Point, StudyDefinition, TrialState } from '../contract/study';
import { oneStudy, readOptuna, type ForeignStudy, type ForeignTrial } from '../study/optuna/read';
import { trialStates } from './columns';

/** The method of a study that nothing here can go on with. */
const NO_METHOD = 'imported';
/** Columns of Optuna's and our own tables that are neither settings nor values. */
const aside = /^($|number$|trial$|state$|reason$|seed$|duration$|datetime_|user_attrs_|system_attrs_)/;

/** @throws `optuna-journal-invalid`, `optuna-study-missing`, `trials-csv-invalid` */
export function readForeign(file: string, bytes: Uint8Array, more: Partial<StudyDefinition>): ForeignStudy {
  const text = new TextDecoder().decode(bytes).replace(/^\uFEFF/, '');
  if (!text.trimStart().startsWith('{')) return readTable(file, text, more);
  const studies = readOptuna(text, file);
  // A name that the journal lacks is the new study's.
  const named = studies.some(({ name }) => name === more.name) ? more.name : undefined;
  return oneStudy(studies, named);
}

/** What such a study is made of for a method, to be read as any definition: what `more` says wins. */
export function givenOf(
  { name, space, directions, metrics, trials }: ForeignStudy,
  more: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const planned = typeof more.trials === 'number' ? Math.max(more.trials, trials.length) : trials.length;
  const told = more.objective !== undefined || more.objectives !== undefined || metrics === null;
  return {
    ...{ name, space },
    ...(!told && {
      objectives: metrics.map((metric, at) => ({ metric, direction: directions[at] ?? 'minimize' })),
    }),
    ...more,
    trials: Math.max(1, planned),
  };
}

/** @throws `study-invalid` where objectives are others than those of the file, whose values would mean something else */
export function sameObjectives({ directions }: ForeignStudy, { objectives }: StudyDefinition): void {
  const own = objectives.map(({ direction }) => direction).join(', ');
  if (own === directions.join(', ')) return;
  throw new MongeError({
    ...{ code: 'study-invalid', blame: 'input', where: { key: 'objectives' } },
    what: 'the trials of the file go by other objectives',
    got: objectives.map(({ metric, direction }) => `${direction} ${metric}`).join(', '),
    expected: directions.join(', '),
    help: 'name the objective that the values of the file are of',
  });
}

/** The definition of a study that can only be looked at. */
export function foreignDefinition(
  { name, space, directions, metrics, trials }: ForeignStudy,
  more: Partial<StudyDefinition>,
): StudyDefinition {
  const objectives = directions.map((direction, at) => ({
    ...{ metric: metrics?.[at] ?? (at === 0 ? 'value' : `value ${at}`), direction },
  }));
  return {
    ...{ method: NO_METHOD, data: {}, settings: {}, space, trials: Math.max(1, trials.length) },
    ...{ sampler: { kind: 'tpe', options: {} }, pruner: { kind: 'none', options: {} }, seeds: [0], seed: 0 },
    ...{ objectives, launcher: { kind: 'local', options: {} }, name: more.name ?? name },
  };
}

function readTable(file: string, text: string, { objectives, name }: Partial<StudyDefinition>): ForeignStudy {
  const invalid = (what: string, got: string, expected: string, row?: number) =>
    new MongeError({
      ...{ code: 'trials-csv-invalid', blame: 'input', what, got, expected },
      where: { file, ...(row !== undefined && { row }) },
    });
  let rows: string[][];
  try {
    rows = parse(text, { skip_empty_lines: true });
  } catch (error) {
    throw invalid(
      'this is no CSV file',
      error instanceof Error ? error.message : String(error),
      'a row a trial',
    );
  }
  const [head, ...body] = rows;
  if (!head || body.length === 0)
    throw invalid('the file has no trials', `${rows.length} rows`, 'a row a trial');
  const metrics =
    objectives?.map(({ metric }) => metric) ?? head.filter((one) => /^values?(_\d+)?$/.test(one));
  const places = metrics.map((metric) => head.indexOf(metric));
  if (metrics.length === 0 || places.includes(-1))
    throw invalid(
      'no column holds the value of a trial',
      head.join(', '),
      metrics.length === 0 ? 'a column value, or the name of the objective' : metrics.join(', '),
    );
  const prefixed = head.some((one) => one.startsWith('params_'));
  const settings = head.flatMap((column, at) => {
    if (places.includes(at) || (prefixed ? !column.startsWith('params_') : aside.test(column))) return [];
    return [{ key: column.replace(/^params_/, ''), at }];
  });
  const columns = settings.map(({ key, at }) => ({
    key,
    at,
    dimension: dimensionOf(body.map((row) => row[at]!)),
  }));
  const state = head.indexOf('state');
  const trials = body.map((row, index): ForeignTrial => {
    const point: Point = {};
    for (const { key, at } of columns) if (row[at] !== '') point[key] = cell(row[at]!);
    const values = places.map((at) =>
      numberOf(row[at]!, () => {
        throw invalid('a value is no number', row[at]!, 'a number, or nothing', index + 2);
      }),
    );
    return { point, ...outcome(state < 0 ? '' : row[state]!, values), steps: [], reports: [], seconds: 0 };
  });
  return {
    name: name ?? file,
    space: Object.fromEntries(columns.map(({ key, dimension }) => [key, dimension])),
    directions: objectives?.map(({ direction }) => direction) ?? metrics.map(() => 'minimize'),
    ...{ trials, queue: [], metrics },
  };
}

/** A range of the numbers, logarithmic over two decades, or the values as choices. */
function dimensionOf(cells: readonly string[]): Dimension {
  const values = cells.filter((one) => one !== '').map(cell);
  const numbers = values.filter((one) => typeof one === 'number');
  if (numbers.length === 0 || numbers.length < values.length)
    return { type: 'categorical', choices: values.length === 0 ? [''] : [...new Set(values)] };
  const low = numbers.reduce((a, b) => Math.min(a, b));
  const high = numbers.reduce((a, b) => Math.max(a, b));
  const scale = low > 0 && high >= 100 * low ? 'log' : 'linear';
  return { type: numbers.every(Number.isSafeInteger) ? 'int' : 'float', low, high, scale };
}

function cell(text: string): Json {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : text;
}

/** Also what Python and pandas write for no number and for infinity. */
function numberOf(text: string, refuse: () => never): number {
  const word = text.trim().toLowerCase();
  if (word === '' || word === 'nan' || word === 'none') return NaN;
  if (/^[+-]?inf(inity)?$/.test(word)) return word.startsWith('-') ? -Infinity : Infinity;
  const value = Number(word);
  return Number.isFinite(value) ? value : refuse();
}

/** A state is told by its word, or by the value: infinite diverged, none failed. */
function outcome(word: string, values: readonly number[]): Pick<ForeignTrial, 'state' | 'values' | 'reason'> {
  const [value] = values as [number];
  const named = word.toLowerCase();
  const known = trialStates.find((one) => one === named);
  const told: TrialState =
    known ?? (Number.isFinite(value) ? 'complete' : Number.isNaN(value) ? 'failed' : 'diverged');
  const state = named === 'fail' ? 'failed' : told === 'queued' || told === 'running' ? 'lost' : told;
  const right = state === 'complete' && !Number.isFinite(value) ? 'diverged' : state;
  const kept = right === 'complete' || right === 'pruned';
  return {
    state: right,
    values: values.map((one) => (kept && Number.isFinite(one) ? one : null)),
    reason: right === 'complete' ? null : `${right} where it was run`,
  };
}
