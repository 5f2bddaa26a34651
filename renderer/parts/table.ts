/** @file The columns of a table, and which of them its rows are sorted by. */

export interface Column<Id extends string = string> {
  id: Id;
  title: string;
  help?: string;
  /** Where its head stands; at the right when left out, as numbers do. */
  align?: 'left' | 'center';
}

export interface Sorting<Id extends string = string> {
  column: Id;
  descending: boolean;
}
