/** @file The decoders of one model that are open: with and without loop, exact and rescored, steered and not. */
import type { SteeringPlan } from '../../native-models';
import type { Decoding } from './decoding';

/** Which form of the decoder. */
export interface DecodingForm {
  loop: boolean;
  rescored: boolean;
  /** What it can steer; null for nothing. */
  steering: SteeringPlan | null;
}

interface Entry {
  opened: Promise<Decoding>;
  users: number;
}

/** Opens decoders as they are asked for, and closes those that were not used for longest; one in use is never closed. */
export class DecodingPool {
  /** In order of last use. */
  readonly #entries = new Map<string, Entry>();
  readonly #open: (form: DecodingForm) => Promise<Decoding>;
  readonly #most: number;

  /** `most` are kept at a time: each session packs its weights anew, whatever file they share. */
  constructor(open: (form: DecodingForm) => Promise<Decoding>, most: number) {
    this.#open = open;
    this.#most = most;
  }

  /** What `use` gives for the decoder of this form. @throws what opening and `use` throw */
  async use<T>(form: DecodingForm, use: (decoding: Decoding) => Promise<T>): Promise<T> {
    const key = JSON.stringify(form);
    const entry = this.#entries.get(key) ?? { opened: this.#make(key, form), users: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users += 1;
    try {
      return await use(await entry.opened);
    } finally {
      entry.users -= 1;
      await this.#makeRoom(this.#most);
    }
  }

  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const { opened } of entries) await closed(opened);
  }

  /** Room is made first, so that the weights of two are not in memory for a moment. */
  async #make(key: string, form: DecodingForm): Promise<Decoding> {
    try {
      await this.#makeRoom(this.#most - 1);
      return await this.#open(form);
    } catch (error) {
      this.#entries.delete(key);
      throw error;
    }
  }

  async #makeRoom(most: number): Promise<void> {
    let left = this.#entries.size;
    for (const [key, { opened, users }] of this.#entries) {
      if (left <= most) return;
      if (users > 0) continue;
      this.#entries.delete(key);
      left -= 1;
      await closed(opened);
    }
  }
}

function closed(opened: Promise<Decoding>): Promise<void> {
  return opened.then(
    (decoding) => decoding.close(),
    () => undefined,
  );
}
