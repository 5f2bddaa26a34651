/** @file Which columns are predicted, from which others, and why the rest is left out. */
import { MongeError } from '../../native-models/error';
import type { ColumnInfo, DatasetInfo } from '../contract/data';

/** More words than this make a category a name of its rows rather than a property. */
const MOST_LEVELS = 20;
/** Columns with a larger share of missing values are left out unless asked for. */
const MOST_MISSING = 0.2;
/** Distinct values are counted up to here in `ColumnInfo`. */
const COUNTED = 1000;

const SINGLE_NUMBERS = ['number', 'integer', 'boolean'];
/** Names of row numbers and keys, whatever their values. */
const ID_NAME = /^(?:id|ids|index|idx|row|rows|rownames|row[ _.]?(?:number|id)|uuid|guid|.+[ _.-]id)$/i;
/** Names that may be keys, where every row has its own value. */
const MAYBE_ID_NAME = /id$|^unnamed: \d+$/i;

export interface ChoiceConfig {
  targets: readonly string[];
  features: readonly string[];
  /** Columns that hold predictions brought along; read only where `base` is `column`. */
  predictions: readonly string[];
  base: string;
}

/**
 * Resolves the settings that name columns. One target that is a category, a boolean or has the role label makes a
 * classification; otherwise targets are numbers. Roles matter in one more way: a column of numbers with the role ignore is
 * left out where no setting names it (categories always have that role, so of them it tells nothing).
 *
 * @throws `column-unknown`, `column-unsuitable`, `column-twice`, `targets-missing`, `target-not-numeric`,
 * `predictions-count`, `no-features`
 */
export function chooseColumns(info: DatasetInfo, config: ChoiceConfig) {
  const unignored = info.columns.filter((column) => !isIgnored(column));
  const targets = resolve(info, config.targets, unignored, 'targets');
  if (targets.length === 0)
    throw new MongeError({
      code: 'targets-missing',
      blame: 'input',
      what: 'no target is chosen',
      where: { file: info.name, key: 'targets' },
      expected: 'names of columns, or last:K',
    });
  const task = taskOf(info, targets);
  const others = (taken: readonly ColumnInfo[]) => unignored.filter((column) => !taken.includes(column));
  const brought = config.base === 'column' && task === 'regression';
  const predictions = brought ? resolve(info, config.predictions, others(targets), 'predictions') : [];
  if (brought && predictions.length !== targets.length)
    throw new MongeError({
      code: 'predictions-count',
      what: 'every target needs one column of predictions',
      where: { file: info.name, key: 'predictions' },
      got: `${predictions.length} columns`,
      expected: `${targets.length}, in the order of ${targets.map(({ name }) => name).join(', ')}`,
    });
  requireKinds(info, predictions, targets, SINGLE_NUMBERS, 'predictions');
  const taken = [...targets, ...predictions];
  const notices: string[] = [];
  if (task === 'classification') notices.push(`The values of “${targets[0]!.name}” are taken as classes.`);
  else if (targets.length === 1)
    notices.push('There is one target only, so that sets are intervals; transport needs two or more.');
  const features =
    config.features.length > 0
      ? resolve(info, config.features, others(taken), 'features')
      : usable(info, taken, notices);
  requireKinds(info, features, taken, [...SINGLE_NUMBERS, 'category'], 'features');
  if (features.length === 0 && config.base !== 'column')
    throw new MongeError({
      code: 'no-features',
      blame: 'input',
      what: 'no column is left to predict from',
      where: { file: info.name, key: 'features' },
      got: `${info.columns.length} columns, ${taken.length} of them targets`,
      expected: 'at least one column of numbers or categories beside the targets',
      help: 'name the features, or choose fewer targets',
    });
  const names = (columns: readonly ColumnInfo[]) => columns.map(({ name }) => name);
  return {
    task,
    targets: names(targets),
    features: names(features),
    /** One per target with base `column`, else empty. */
    predictions: names(predictions),
    /** Sentences for the person: what was left out, and why. */
    notices,
  };
}

/** Columns by their names; `last:K` stands for the last K of `from`. */
function resolve(info: DatasetInfo, wanted: readonly string[], from: readonly ColumnInfo[], key: string) {
  const chosen = wanted.flatMap((name) => {
    const exact = info.columns.find((column) => column.name === name);
    if (exact) return [exact];
    const last = /^last:([1-9]\d*)$/.exec(name);
    if (last && Number(last[1]) <= from.length) return from.slice(-Number(last[1]));
    throw new MongeError({
      code: 'column-unknown',
      blame: 'input',
      what: last ? 'the data set has fewer columns than are asked for' : 'the data set has no such column',
      where: { file: info.name, column: name, key },
      expected: last
        ? `last:1 to last:${from.length}`
        : `last:K or one of ${info.columns
            .slice(0, 20)
            .map((column) => column.name)
            .join(', ')}${info.columns.length > 20 ? ', …' : ''}`,
    });
  });
  return [...new Set(chosen)];
}

function taskOf(info: DatasetInfo, targets: readonly ColumnInfo[]): 'classification' | 'regression' {
  const [first] = targets;
  const { kind, role } = first!;
  const classes = kind === 'category' || kind === 'boolean' || (role === 'label' && kind === 'integer');
  if (targets.length === 1 && classes) return 'classification';
  const wrong = targets.find(({ kind }) => !SINGLE_NUMBERS.includes(kind));
  if (!wrong) return 'regression';
  throw new MongeError({
    code: 'target-not-numeric',
    what: 'this column cannot be predicted together with others',
    where: { file: info.name, column: wrong.name, key: 'targets' },
    got: `a ${wrong.kind} column`,
    expected: 'columns of numbers, or a single column of classes',
    help: 'choose the targets by name',
  });
}

/** Throws `column-twice` for a column that is taken, `column-unsuitable` for one of another kind. */
function requireKinds(
  { name: file }: DatasetInfo,
  columns: readonly ColumnInfo[],
  taken: readonly ColumnInfo[],
  kinds: readonly string[],
  key: string,
): void {
  for (const column of columns) {
    const where = { file, column: column.name, key };
    if (taken.includes(column))
      throw new MongeError({
        code: 'column-twice',
        what: 'a column cannot be a target and something else as well',
        where,
        expected: 'every column in one place',
      });
    if (!kinds.includes(column.kind))
      throw new MongeError({
        code: 'column-unsuitable',
        blame: 'input',
        what: 'this column does not hold single numbers or categories',
        where,
        got: `a ${column.kind} column`,
      });
  }
}

/** The columns not taken that can serve as features; says of the others why not, one sentence per reason. */
function usable(info: DatasetInfo, taken: readonly ColumnInfo[], notices: string[]): ColumnInfo[] {
  const dropped = new Map<string, string[]>();
  const kept = info.columns.filter((column) => {
    if (taken.includes(column)) return false;
    const reason = reasonAgainst(info, column);
    // The reader ignores row numbers by itself; what a person ignores needs no explanation.
    if (reason === null) return !isIgnored(column);
    dropped.set(reason, [...(dropped.get(reason) ?? []), column.name]);
    return false;
  });
  for (const [reason, names] of dropped) {
    const listed = names.slice(0, 10).map((name) => `“${name}”`);
    const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
    notices.push(`Left out, ${reason}: ${listed.join(', ')}${more}.`);
  }
  return kept;
}

function reasonAgainst(info: DatasetInfo, column: ColumnInfo): string | null {
  const { kind, missing, distinct } = column;
  if (kind === 'date') return 'dates';
  if (kind === 'vector' || kind === 'image') return 'vectors or images';
  if (isRowNumber(info, column)) return 'row numbers or keys';
  if (kind === 'text') return 'free text';
  if (missing > MOST_MISSING * info.rows) return 'more than a fifth of the values missing';
  if (distinct !== undefined && distinct <= 1) return 'the same value in every row';
  if (kind === 'category' && (distinct ?? Infinity) > MOST_LEVELS)
    return `categories with more than ${MOST_LEVELS} words`;
  return null;
}

function isIgnored({ role, kind }: ColumnInfo): boolean {
  return role === 'ignore' && SINGLE_NUMBERS.includes(kind);
}

/** A column that counts or names the rows and says nothing of them. */
function isRowNumber(info: DatasetInfo, column: ColumnInfo): boolean {
  const { name, kind, minimum, maximum } = column;
  if (kind === 'number' || kind === 'boolean') return false;
  if (ID_NAME.test(name)) return true;
  if (!everyRowItsOwn(info, column)) return false;
  // Where no column has a name, the readers call them column_1, column_2, …
  const unnamed = /^column_(\d+)$/.exec(name);
  const headless = info.columns.filter((other) => /^column_\d+$/.test(other.name)).length > 1;
  if ((unnamed && !headless) || MAYBE_ID_NAME.test(name)) return true;
  return kind === 'integer' && maximum! - minimum! === info.rows - 1;
}

function everyRowItsOwn({ rows }: DatasetInfo, { distinct, missing }: ColumnInfo): boolean {
  // More than 1,000 different whole numbers or words are not told from all different ones.
  return missing === 0 && (distinct === undefined ? rows > COUNTED : distinct === rows);
}
