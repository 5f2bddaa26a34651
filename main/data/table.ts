/** @file Turns columns in memory into the `Dataset` every other part reads. */
import { MongeError } from '../../native-models/error';
import { compareWords } from './builder';
import type { Column } from './column';
import { MAXIMUM_CATEGORIES, MAXIMUM_HELD } from './limits';
import { applyRoles } from './roles';
import type {
  Cell,
  ColumnInfo,
  ColumnValues,
  DataFormat,
  Dataset,
  DatasetInfo,
  DatasetWarning,
  Labels,
  Matrix,
  Role,
} from '../contract/data';

/** What a reader found in a file. */
export interface Table {
  format: DataFormat;
  columns: Column[];
  warnings: DatasetWarning[];
  /** Paths of the other files that were read too. */
  linkedFiles?: string[];
}

/** What is known of the file apart from its content. */
export interface Origin {
  name: string;
  path: string;
  compression: 'none' | 'gzip';
  bytes: number;
  sha256: string;
  sample?: string;
}

/** Most rows one preview page may ask for. */
const MAXIMUM_PAGE = 10_000;
/** Distinct warnings shown; more are counted in one line. */
const MAXIMUM_WARNINGS = 50;

/** A data set over columns in memory. Throws `no-rows`, `column-unknown`, `role-invalid`. */
export function tableDataset(
  table: Table,
  origin: Origin,
  chosenRoles?: Readonly<Record<string, Role>>,
): Dataset {
  const file = origin.name;
  const columns = renameDuplicates(table);
  const rows = columns[0]?.rows ?? 0;
  if (rows === 0)
    throw new MongeError({
      code: 'no-rows',
      blame: 'input',
      what: 'the data set has no rows',
      where: { file },
      got: `${columns.length} columns, 0 rows`,
      help: 'a header alone is not enough; add data below it',
    });
  const roles = applyRoles(file, columns, chosenRoles);
  warnNonFinite(columns, table.warnings);
  const info: DatasetInfo = {
    id: origin.sha256.slice(0, 16),
    ...origin,
    format: table.format,
    rows,
    columns: columns.map((column, i) => describe(column, roles[i]!)),
    warnings: limitWarnings(table.warnings),
    ...(table.linkedFiles ? { linkedFiles: table.linkedFiles } : {}),
  };
  const withRole = (...wanted: Role[]) => columns.filter((_, i) => wanted.includes(roles[i]!));

  return {
    info,
    async rows(offset, count) {
      if (![offset, count].every((n) => Number.isInteger(n) && n >= 0) || count > MAXIMUM_PAGE)
        throw new MongeError({
          code: 'range-invalid',
          what: 'these rows cannot be shown',
          where: { file, key: 'offset, count' },
          got: `${offset}, ${count}`,
          expected: `whole numbers from 0, at most ${MAXIMUM_PAGE} rows at once`,
        });
      const page: Cell[][] = [];
      for (let row = offset; row < Math.min(rows, offset + count); row += 1)
        page.push(columns.map((column) => column.cell(row)));
      return page;
    },
    features: async () => featureMatrix(file, rows, withRole('feature', 'image')),
    column: async (name) => columnValues(file, columns, name),
    labels: async () => {
      const column = withRole('label')[0];
      return column ? labelCodes(column) : null;
    },
    async images(chosen) {
      const column = withRole('image')[0] ?? columns.find((c) => c.pixels);
      if (!column?.pixels || !column.image)
        throw new MongeError({
          code: 'no-images',
          what: 'the data set has no image column',
          where: { file },
        });
      const pixels = new Uint8Array(chosen.length * column.width);
      chosen.forEach((row, i) => {
        if (!Number.isInteger(row) || row < 0 || row >= rows)
          throw new MongeError({
            code: 'range-invalid',
            what: 'there is no such row',
            where: { file, key: 'rows' },
            got: String(row),
            expected: `0 to ${rows - 1}`,
          });
        column.pixels!(row, pixels, i * column.width);
      });
      return { image: column.image, pixels };
    },
    async close() {
      columns.length = 0;
    },
  };
}

/** All feature columns side by side; rows with a missing value are left out. Images are scaled to [-1, 1]. */
function featureMatrix(
  file: string,
  rows: number,
  features: readonly Column[],
): { matrix: Matrix; rowIndex: Uint32Array; skipped: number } {
  const width = features.reduce((sum, column) => sum + column.width, 0);
  if (width === 0)
    throw new MongeError({
      code: 'no-numeric-columns',
      what: 'no column can be used as a feature',
      where: { file },
      help: 'give a numeric or image column the role feature',
    });
  if (rows * width * 4 > 2 * MAXIMUM_HELD)
    throw new MongeError({
      code: 'matrix-too-large',
      what: 'the features do not fit in memory',
      where: { file },
      got: `${rows} rows of ${width} numbers`,
      help: 'give the columns that are not needed the role ignore',
    });
  const data = new Float32Array(rows * width);
  const rowIndex = new Uint32Array(rows);
  let kept = 0;
  for (let row = 0; row < rows; row += 1) {
    let offset = kept * width;
    let complete = true;
    for (const column of features) {
      if (!column.write!(row, data, offset)) {
        complete = false;
        break;
      }
      offset += column.width;
    }
    if (complete) rowIndex[kept++] = row;
  }
  if (kept === 0)
    throw new MongeError({
      code: 'no-rows',
      blame: 'input',
      what: 'every row has a missing value in some feature column',
      where: { file },
      got: `${rows} rows, 0 complete`,
      help: 'give the columns with missing values the role ignore',
    });
  const single = features.length === 1 ? features[0]!.image : undefined;
  return {
    matrix: {
      rows: kept,
      columns: width,
      data: kept === rows ? data : data.slice(0, kept * width),
      names: features.map((column) => column.name),
      ...(single && { image: single }),
    },
    rowIndex: rowIndex.slice(0, kept),
    skipped: rows - kept,
  };
}

function columnValues(file: string, columns: readonly Column[], name: string): ColumnValues {
  const column = columns.find((one) => one.name === name);
  if (!column)
    throw new MongeError({
      code: 'column-unknown',
      blame: 'input',
      what: 'the data set has no such column',
      where: { file, column: name },
      expected: `one of ${columns
        .slice(0, 20)
        .map((one) => one.name)
        .join(', ')}${columns.length > 20 ? ', …' : ''}`,
    });
  if (column.kind === 'category') {
    const { codes, names } = labelCodes(column);
    return { kind: 'categories', codes, names };
  }
  if (!column.write || column.width !== 1)
    throw new MongeError({
      code: 'column-unsuitable',
      blame: 'input',
      what: 'this column does not hold single numbers or categories',
      where: { file, column: name },
      got: `a ${column.kind} column`,
    });
  const values = new Float32Array(column.rows);
  for (let row = 0; row < column.rows; row += 1) if (!column.write(row, values, row)) values[row] = NaN;
  return { kind: 'numbers', values };
}

function labelCodes(column: Column): Labels {
  const words = Array.from({ length: column.rows }, (_, row) => column.word!(row));
  const names =
    column.statistics.categories ??
    [...new Set(words.filter((word): word is string => word !== null))]
      .sort(compareWords)
      .slice(0, MAXIMUM_CATEGORIES);
  const code = new Map(names.map((name, i) => [name, i]));
  return { codes: Int32Array.from(words, (word) => (word === null ? -1 : (code.get(word) ?? -1))), names };
}

function describe(column: Column, role: Role): ColumnInfo {
  const { name, kind, width, image, statistics } = column;
  return { name, kind, role, width, ...statistics, ...(image && { image }) };
}

function renameDuplicates(table: Table): Column[] {
  const taken = new Set<string>();
  const originals = new Set(table.columns.map((column) => column.name));
  return table.columns.map((column) => {
    if (!taken.has(column.name)) {
      taken.add(column.name);
      return column;
    }
    let n = 2;
    while (taken.has(`${column.name}_${n}`) || originals.has(`${column.name}_${n}`)) n += 1;
    const name = `${column.name}_${n}`;
    taken.add(name);
    table.warnings.push({
      code: 'duplicate-column',
      message: `a second column “${column.name}” is called “${name}”`,
    });
    return { ...column, name };
  });
}

function warnNonFinite(columns: readonly Column[], warnings: DatasetWarning[]): void {
  for (const column of columns) {
    if (column.nonFinite > 0)
      warnings.push({
        code: 'non-finite',
        message: `column “${column.name}”: ${column.nonFinite} infinite or too large values are treated as missing`,
      });
  }
}

function limitWarnings(warnings: readonly DatasetWarning[]): DatasetWarning[] {
  if (warnings.length <= MAXIMUM_WARNINGS) return [...warnings];
  const rest = warnings.length - MAXIMUM_WARNINGS;
  return [
    ...warnings.slice(0, MAXIMUM_WARNINGS),
    { code: 'more-warnings', message: `${rest} more warnings are not shown` },
  ];
}
