/** @file Guesses what each column is for, and checks the user's corrections. */
import { MongeError } from '../../native-models/error';
import type { Column } from './column';
import { MAXIMUM_CATEGORIES } from './limits';
import type { Role } from '../contract/data';

const LABEL_NAMES = new Set([
  'label',
  'labels',
  'class',
  'classes',
  'target',
  'species',
  'y',
  'category',
  'digit',
]);
const INDEX_NAMES = /^(?:|id|index|idx|row|rownames|unnamed: \d+|column_1)$/i;
/** A whole-number last column with at most this many values is taken for a class. */
const FEW_CLASSES = 20;

/** The role of every column, in order. At most one column is the label. */
function guessRoles(columns: readonly Column[]): Role[] {
  const label = guessLabel(columns);
  return columns.map((column, i) => {
    if (i === label) return 'label';
    if (isRowNumber(column, i, columns)) return 'ignore';
    if (column.name.toLowerCase() === 'target' && column.write && column.width === 1) return 'target';
    return unlabelledRole(column);
  });
}

/** The guess with the user's changes. Throws `column-unknown` and `role-invalid`. */
export function applyRoles(
  file: string,
  columns: readonly Column[],
  chosen: Readonly<Record<string, Role>> = {},
): Role[] {
  const roles = guessRoles(columns);
  const takenLabel = Object.values(chosen).includes('label');
  columns.forEach((column, i) => {
    if (takenLabel && roles[i] === 'label') roles[i] = unlabelledRole(column);
  });
  for (const [name, role] of Object.entries(chosen)) {
    const i = columns.findIndex((column) => column.name === name);
    if (i < 0)
      throw new MongeError({
        code: 'column-unknown',
        blame: 'input',
        what: 'the data set has no such column',
        where: { file, column: name },
        expected: `one of ${columns
          .slice(0, 20)
          .map((c) => c.name)
          .join(', ')}${columns.length > 20 ? ', …' : ''}`,
      });
    checkRole(file, columns[i]!, role);
    roles[i] = role;
  }
  if (roles.filter((role) => role === 'label').length > 1)
    throw new MongeError({
      code: 'role-invalid',
      what: 'only one column can be the label',
      where: { file, key: 'roles' },
      got: Object.keys(chosen).join(', '),
      expected: 'one label; give the others another role',
    });
  return roles;
}

function checkRole(file: string, column: Column, role: Role): void {
  const reasons: Record<Role, string | null> = {
    ignore: null,
    feature: column.write ? null : 'a column of numbers, vectors or images',
    target: column.write && !column.image ? null : 'a column of numbers or vectors',
    image: column.pixels ? null : 'a column of images',
    text: column.kind === 'text' || column.kind === 'category' ? null : 'a column of text',
    label:
      column.word && (column.statistics.distinct ?? Infinity) <= MAXIMUM_CATEGORIES
        ? null
        : `a column of single values, at most ${MAXIMUM_CATEGORIES} different ones`,
  };
  if (!Object.hasOwn(reasons, role) || reasons[role] !== null)
    throw new MongeError({
      code: 'role-invalid',
      what: `this column cannot be used as ${role}`,
      where: { file, column: column.name },
      got: `a ${column.kind} column`,
      expected: Object.hasOwn(reasons, role) ? (reasons[role] ?? '') : Object.keys(reasons).join(', '),
    });
}

function unlabelledRole(column: Column): Role {
  if (column.kind === 'image') return 'image';
  if (column.kind === 'text') return 'text';
  return column.write && column.statistics.missing < column.rows ? 'feature' : 'ignore';
}

function guessLabel(columns: readonly Column[]): number {
  const named = columns.findIndex(
    (column) =>
      LABEL_NAMES.has(column.name.toLowerCase()) && isDiscrete(column) && !isCoordinate(column, columns),
  );
  if (named >= 0) return named;
  const last = columns.length - 1;
  const column = columns[last];
  if (column === undefined || columns.length < 2) return -1;
  const distinct = column.statistics.distinct ?? Infinity;
  const few = distinct >= 2 && distinct <= FEW_CLASSES && distinct * 3 <= column.rows;
  // A whole number may as well be one more coordinate, so it has to follow at least two others.
  const others = columns.filter((other) => other !== column && other.write).length;
  const suitable =
    column.kind === 'category' || column.kind === 'boolean' || (column.kind === 'integer' && others >= 2);
  return few && suitable ? last : -1;
}

function isDiscrete(column: Column): boolean {
  const distinct = column.statistics.distinct ?? Infinity;
  if (column.word === undefined || distinct > MAXIMUM_CATEGORIES) return false;
  if (column.kind === 'integer') return distinct <= Math.max(FEW_CLASSES, column.rows / 10);
  return column.kind === 'category' || column.kind === 'boolean' || (column.kind === 'text' && distinct > 0);
}

/** In a table with `x`, a numeric `y` is the other coordinate, not the answer. */
function isCoordinate(column: Column, columns: readonly Column[]): boolean {
  return (
    column.name.toLowerCase() === 'y' &&
    column.kind === 'integer' &&
    columns.some((other) => other.name.toLowerCase() === 'x' && other.width === 1)
  );
}

/** A first column that only counts or names the rows. */
function isRowNumber(column: Column, position: number, columns: readonly Column[]): boolean {
  if (position !== 0 || columns.length < 3 || column.kind !== 'integer' || column.statistics.missing > 0)
    return false;
  if (!INDEX_NAMES.test(column.name)) return false;
  for (let row = 1; row < column.rows; row += 1) {
    if (!(Number(column.cell(row)) > Number(column.cell(row - 1)))) return false;
  }
  return true;
}
