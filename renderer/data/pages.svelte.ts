/** @file Rows of a data set fetched a page at a time, as the table comes to show them. */
import { SvelteMap } from 'svelte/reactivity';
import type { Cell } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';

const pageRows = 100;
/** Pages kept; the oldest go first. */
const keptPages = 60;

export class RowPages {
  /** Why the last fetch failed, or null. */
  failure = $state.raw<unknown>(null);
  readonly #pages = new SvelteMap<number, Cell[][]>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- never shown
  readonly #asked = new Set<number>();
  readonly #engine: EngineClient;
  readonly #dataset: string;

  constructor(engine: EngineClient, dataset: string) {
    this.#engine = engine;
    this.#dataset = dataset;
  }

  /** The cells of a row, or undefined while its page is on the way. */
  row(index: number): Cell[] | undefined {
    return this.#pages.get(Math.floor(index / pageRows))?.[index % pageRows];
  }

  /** Fetches what rows `first … last` need. */
  async want(first: number, last: number): Promise<void> {
    const pages: number[] = [];
    for (let page = Math.floor(first / pageRows); page <= Math.floor(last / pageRows); page += 1) {
      if (!this.#pages.has(page) && !this.#asked.has(page)) pages.push(page);
    }
    await Promise.all(pages.map((page) => this.#fetch(page)));
  }

  async #fetch(page: number): Promise<void> {
    this.#asked.add(page);
    try {
      const { rows } = await this.#engine.api.previewRows(this.#dataset, page * pageRows, pageRows);
      this.#pages.set(page, rows);
      this.failure = null;
      const oldest = this.#pages.keys().next().value;
      if (this.#pages.size > keptPages && oldest !== undefined) this.#pages.delete(oldest);
    } catch (thrown) {
      this.failure = thrown;
    } finally {
      this.#asked.delete(page);
    }
  }
}
