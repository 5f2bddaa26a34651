/** @file One selection of data rows per data set, shared by every figure and table, kept over reloads. */
/* eslint-disable svelte/prefer-svelte-reactivity -- plain sets and maps here are replaced as a whole, or never shown */
import { isNumberList, isRecord, readStored, writeStored } from './stored';

export type ChooseMode = 'replace' | 'add' | 'remove';

/** More rows than this are not written to storage: it is small, and shared by all data sets. */
const storedLimit = 50_000;

export class Selection {
  /** The row under the pointer or the keyboard cursor. */
  hovered = $state<number | null>(null);
  /** The rows chosen by click, lasso or table. Replaced as a whole, so a figure may compare by identity. */
  chosen = $state.raw<ReadonlySet<number>>(new Set());
  /** Named subsets of this data set, by name. */
  subsets = $state.raw<Readonly<Record<string, readonly number[]>>>({});
  readonly #key: string;

  /** @param dataset The data set's hash; the same hash has the same rows. */
  constructor(dataset: string) {
    this.#key = `selection.${dataset}`;
    const stored = readStored(this.#key, { chosen: [], subsets: {} }, isStoredSelection);
    this.chosen = new Set(stored.chosen);
    this.subsets = stored.subsets;
  }

  hover(row: number | null): void {
    this.hovered = row;
  }

  choose(rows: Iterable<number>, mode: ChooseMode = 'replace'): void {
    const next = new Set(mode === 'replace' ? [] : this.chosen);
    for (const row of rows) {
      if (mode === 'remove') next.delete(row);
      else next.add(row);
    }
    this.chosen = next;
    this.#store();
  }

  clear(): void {
    if (this.chosen.size === 0) return;
    this.chosen = new Set();
    this.#store();
  }

  /** Keeps the chosen rows under a name; the same name again replaces them. */
  saveSubset(name: string): void {
    const rows = [...this.chosen].sort((a, b) => a - b);
    this.subsets = { ...this.subsets, [name]: rows };
    this.#store();
  }

  removeSubset(name: string): void {
    this.subsets = Object.fromEntries(Object.entries(this.subsets).filter(([key]) => key !== name));
    this.#store();
  }

  #store(): void {
    const chosen = this.chosen.size <= storedLimit ? [...this.chosen] : [];
    const subsets = Object.fromEntries(
      Object.entries(this.subsets).filter(([, rows]) => rows.length <= storedLimit),
    );
    writeStored(this.#key, { chosen, subsets });
  }
}

interface StoredSelection {
  chosen: number[];
  subsets: Record<string, number[]>;
}

function isStoredSelection(value: unknown): value is StoredSelection {
  if (!isRecord(value) || !isNumberList(value.chosen) || !isRecord(value.subsets)) return false;
  return Object.values(value.subsets).every(isNumberList);
}
