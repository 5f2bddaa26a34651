/** @file What figures of stored rows share with those around them. */

export interface RowLink {
  /** The stored vectors that the others are on, by name; null where they are on none. */
  source: string | null;
  /** Other stored vectors were chosen here. */
  onsource: (source: string) => void;
  /** The text of a row was chosen. */
  ontext: (text: string) => void;
  /** A unit is to be shown where the others show a direction; `units` is how many there are. */
  onunit: (source: string, unit: number, units: number) => void;
}
