/** @file The session of a capture, kept from one stretch of texts to the next: opening it costs more than many runs. */
import type { Session } from '../../contract/compute';

interface Kept {
  key: string;
  session: Promise<Session>;
  users: number;
}

/** Holds the session that was used last. One that is still used when another takes its place is closed after that use. */
export class KeptSession {
  #kept: Kept | null = null;

  /** Does the work with the session of this key, which is opened where another one, or none, is kept. */
  async use<T>(
    key: string,
    open: () => Promise<Session>,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const before = this.#kept;
    const mine = before?.key === key ? before : { key, session: open(), users: 0 };
    this.#kept = mine;
    if (before && before !== mine && before.users === 0) await closed(before);
    mine.users += 1;
    try {
      return await work(await mine.session);
    } catch (error) {
      // It may be the session itself that failed.
      if (this.#kept === mine) this.#kept = null;
      throw error;
    } finally {
      mine.users -= 1;
      if (mine.users === 0 && this.#kept !== mine) await closed(mine);
    }
  }

  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = null;
    if (kept) await closed(kept);
  }
}

function closed({ session }: Kept): Promise<void> {
  return session.then(
    (one) => one.close(),
    () => undefined,
  );
}
