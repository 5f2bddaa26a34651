/**
 * @file Heads of model files, kept once they were read: a model is described, opened and put to use by parts that each need
 * its head, which may be a hundred megabytes of names.
 */
import { stat } from 'node:fs/promises';

/** A file that was written so lately may be written again without its time telling: clocks of files are coarse. */
const LATELY_MILLISECONDS = 2000;

interface Kept<T> {
  stamp: string;
  bytes: number;
  head: Promise<T>;
}

/** Heads by path, as long as the file is the same; the oldest go first where all together are too large. */
export class KeptHeads<T> {
  /** In order of last use. */
  readonly #kept = new Map<string, Kept<T>>();

  /** `bytesOf` says how much of the file a head is; of all heads together at most `mostBytes` are kept beside the last. */
  constructor(
    private readonly bytesOf: (head: T) => number,
    private readonly mostBytes: number,
  ) {}

  /** What `read` gives for the file, which is asked only where it is not known. @throws what `read` throws */
  async get(path: string, read: () => Promise<T>): Promise<T> {
    const stamp = await stampOf(path);
    const known = this.#kept.get(path);
    this.#kept.delete(path);
    if (stamp === null) return read();
    if (known?.stamp === stamp) {
      this.#kept.set(path, known);
      return known.head;
    }
    const kept: Kept<T> = { stamp, bytes: 0, head: read() };
    this.#kept.set(path, kept);
    const forget = () => this.#kept.get(path) === kept && this.#kept.delete(path);
    kept.head.then((head) => this.#count(kept, this.bytesOf(head)), forget);
    return kept.head;
  }

  #count(kept: Kept<T>, bytes: number): void {
    kept.bytes = bytes;
    let total = [...this.#kept.values()].reduce((sum, one) => sum + one.bytes, 0);
    for (const [path, one] of this.#kept) {
      if (total <= this.mostBytes) return;
      if (one === kept) continue;
      this.#kept.delete(path);
      total -= one.bytes;
    }
  }
}

/** What another content of the file would change; null for what is no settled file. */
async function stampOf(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  if (!found?.isFile()) return null;
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  const changed = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  if (Date.now() - Number(changed / 1_000_000n) < LATELY_MILLISECONDS) return null;
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
