/** @file Runs that another process works on: their folders are read again until they rest, so that no view keeps an old word. */
import type { RunRecord } from '../contract/engine';
import { activeStatuses } from '../disk/record';
import type { RunStore } from './store';

/** Milliseconds between two looks. */
const PERIOD = 2000;

/** Follows what `see` was shown; `close` ends it. */
export class RunsElsewhere {
  /** What was told of each last, as text. */
  readonly #told = new Map<string, string>();
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly store: Pick<RunStore, 'get' | 'owned'>,
    private readonly tell: (record: RunRecord) => void,
    private readonly period = PERIOD,
  ) {}

  /** Takes note of the active ones that this process does not work on; answers all as they came. */
  see(records: RunRecord[]): RunRecord[] {
    for (const record of records)
      if (this.#isElsewhere(record)) this.#told.set(record.id, JSON.stringify(record));
    if (this.#told.size > 0) this.#timer ??= setInterval(() => void this.#look(), this.period).unref();
    return records;
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#told.clear();
  }

  async #look(): Promise<void> {
    for (const [id, told] of [...this.#told]) {
      // A folder that is gone has nothing more to tell.
      const record = await this.store.get(id).catch(() => null);
      if (!this.#told.has(id)) continue;
      if (!record || !this.#isElsewhere(record)) this.#told.delete(id);
      else this.#told.set(id, JSON.stringify(record));
      if (record && JSON.stringify(record) !== told) this.tell(record);
    }
    if (this.#told.size === 0) this.close();
  }

  #isElsewhere({ id, status }: RunRecord): boolean {
    return activeStatuses.includes(status) && this.store.owned(id) === undefined;
  }
}
