/** @file Sides of one thing, of which one is shown at a time. */

/** A tab is called by its id, with a capital letter, unless it has a title of its own. */
export interface Tab<Id extends string = string> {
  id: Id;
  title?: string;
  help: string;
}
