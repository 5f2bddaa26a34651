/** @file A cache of open things: few are kept, those not used for longest go first, and none is closed while somebody uses it. */

/** A thing that stays open until the lease ends. */
export interface Lease<T> {
  value: T;
  end: () => void;
}

interface Kept<T> {
  /** A promise, so that two askers of one key make it once. */
  made: Promise<T>;
  users: number;
  /** Closes it; called once, when nobody finds or uses it any more. */
  close(): void;
  closed: Promise<void>;
}

export interface LeasedCacheOptions<T> {
  most: number;
  /** Whether who asks for one more waits while all are in use; else there are more than `most` for that time. */
  waits: boolean;
  close(value: T): Promise<void>;
}

export class LeasedCache<T> {
  /** In order of last use. */
  readonly #kept = new Map<string, Kept<T>>();
  readonly #options: LeasedCacheOptions<T>;
  #waiting: (() => void)[] = [];

  constructor(options: LeasedCacheOptions<T>) {
    this.#options = options;
  }

  /** What is kept under the key, or what `make` makes, which is not kept where that fails. */
  async lease(key: string, make: () => Promise<T>): Promise<Lease<T>> {
    while (this.#options.waits && !this.#kept.has(key) && !this.#hasRoom())
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const kept = this.#kept.get(key) ?? this.#added(make);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    kept.users++;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      kept.users--;
      if (kept.users === 0 && this.#kept.get(key) !== kept) kept.close();
      void this.#shrink(this.#options.most);
      for (const resume of this.#waiting.splice(0)) resume();
    };
    try {
      return { value: await kept.made, end };
    } catch (error) {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
      end();
      throw error;
    }
  }

  /** Forgets it at once and closes it as soon as nobody uses it; resolves then. */
  async drop(key: string): Promise<void> {
    const kept = this.#kept.get(key);
    if (!kept) return;
    this.#kept.delete(key);
    if (kept.users === 0) kept.close();
    await kept.closed;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((key) => this.drop(key)));
  }

  #hasRoom(): boolean {
    return this.#kept.size < this.#options.most || [...this.#kept.values()].some(({ users }) => users === 0);
  }

  /** Begins to make one, after those that make room for it are closed. */
  #added(make: () => Promise<T>): Kept<T> {
    const made = Promise.all(this.#shrink(this.#options.most - 1)).then(make);
    let close: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (close = resolve))
      .then(() => made)
      .then((value) => this.#options.close(value))
      // What could not be made or closed is gone all the same.
      .catch(() => undefined);
    return { made, users: 0, close, closed };
  }

  /** Closes those that nobody uses, the oldest first, until at most so many are left. */
  #shrink(most: number): Promise<void>[] {
    const closing: Promise<void>[] = [];
    for (const [key, kept] of this.#kept) {
      if (this.#kept.size <= most) break;
      if (kept.users === 0) closing.push(this.drop(key));
    }
    return closing;
  }
}
