/** @file The file of a journal: lines are appended and flushed one after the other, and read back whole. */
import { open, readFile, truncate, type FileHandle } from 'node:fs/promises';
import { MongeError } from '../../../native-models/error';
import { isMissing } from '../../disk/files';
import { decodeRecord, encodeRecord, type JournalRecord } from './records';

export interface ReadJournal {
  records: JournalRecord[];
  /** Bytes of whole lines. */
  bytes: number;
  /** Bytes of the file, a torn line with them. */
  size: number;
  /** Whether a last line was being written when the process died. */
  torn: boolean;
}

/** Every record of a file; a torn last line is left out. @throws `journal-corrupt`, `journal-missing` */
export async function readJournal(path: string): Promise<ReadJournal> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    throw new MongeError({
      code: 'journal-missing',
      what: 'this study has no journal',
      where: { file: path },
    });
  });
  const end = text.lastIndexOf('\n') + 1;
  const lines = text.slice(0, end).split('\n');
  lines.pop();
  return {
    records: lines.map((line, at) => decodeRecord(line, path, at + 1)),
    bytes: Buffer.byteLength(text.slice(0, end)),
    size: Buffer.byteLength(text),
    torn: end < text.length,
  };
}

/** Appends to a journal; every record is on the disk when its promise resolves, in the order in which they were given. */
export class JournalWriter {
  readonly #file: FileHandle;
  #last: Promise<void> = Promise.resolve();
  #pending: { lines: string; done: Promise<void> } | null = null;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Cuts a torn last line off, which was promised to nobody. */
  static async open(
    path: string,
    { bytes, torn }: Pick<ReadJournal, 'bytes' | 'torn'>,
  ): Promise<JournalWriter> {
    if (torn) await truncate(path, bytes);
    return new JournalWriter(await open(path, 'a'));
  }

  /** @throws `journal-exists` where there is a file already */
  static async create(path: string, first: JournalRecord): Promise<JournalWriter> {
    const file = await open(path, 'ax').catch((error: unknown) => {
      throw new MongeError(
        { code: 'journal-exists', what: 'there is a journal already', where: { file: path } },
        { cause: error },
      );
    });
    const writer = new JournalWriter(file);
    await writer.append(first);
    return writer;
  }

  /** Lines that come while one is being flushed go to the disk together. */
  append(record: JournalRecord): Promise<void> {
    const line = encodeRecord(record);
    if (this.#pending) {
      this.#pending.lines += line;
      return this.#pending.done;
    }
    const batch = { lines: line, done: Promise.resolve() };
    batch.done = this.#last.then(async () => {
      this.#pending = null;
      await this.#file.appendFile(batch.lines);
      await this.#file.datasync();
    });
    this.#pending = batch;
    this.#last = batch.done.catch(() => undefined);
    return batch.done;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }
}
