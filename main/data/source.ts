/** @file A file as a stream of decompressed bytes: hashed on the way, gunzipped by magic, guarded against bombs. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MongeError } from '../../native-models/error';
import { checkExpansion, HEAD_BYTES, MAXIMUM_HELD } from './limits';

/** An opened file. Holds no handle between passes, so there is nothing to close. */
export interface ByteSource {
  readonly path: string;
  /** File name without its folder; what errors call the file. */
  readonly name: string;
  /** Bytes on disk. */
  readonly bytes: number;
  readonly compression: 'none' | 'gzip';
  /** The first bytes of the content, decompressed; at most HEAD_BYTES. */
  readonly head: Uint8Array;
  /** True when `head` is the whole content. */
  readonly short: boolean;
  /** A fresh pass over the decompressed content. Throws `truncated`, `corrupt-gzip`, `zip-bomb`. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** The whole decompressed content; throws `file-too-large` above 2 GiB. */
  readAll(): Promise<Uint8Array>;
  /** SHA-256 of the bytes on disk; free after a full pass. */
  sha256(): Promise<string>;
}

/** Opens a regular file. Throws `file-not-found`, `not-a-file`, `file-unreadable`, `empty-file`. */
export async function openSource(given: string): Promise<ByteSource> {
  const path = resolve(given);
  const name = basename(path);
  const bytes = await regularFileSize(path, name);
  let digest: string | undefined;

  async function* stored(): AsyncGenerator<Uint8Array> {
    const hash = digest === undefined ? createHash('sha256') : undefined;
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
        hash?.update(chunk as Uint8Array);
        yield chunk as Uint8Array;
      }
    } catch (cause) {
      throw unreadable(name, cause);
    }
    if (hash) digest = hash.digest('hex');
  }

  const magic = await firstBytes(stored(), 2);
  const compression = magic[0] === 0x1f && magic[1] === 0x8b ? 'gzip' : 'none';
  const chunks = () => (compression === 'gzip' ? gunzip(stored(), name, bytes) : stored());
  const head = await firstBytes(chunks(), HEAD_BYTES + 1);
  if (head.length === 0) throw empty(name);

  return {
    path,
    name,
    bytes,
    compression,
    head: head.subarray(0, HEAD_BYTES),
    short: head.length <= HEAD_BYTES,
    chunks,
    async readAll() {
      const parts: Uint8Array[] = [];
      let total = 0;
      for await (const chunk of chunks()) {
        total += chunk.length;
        if (total > MAXIMUM_HELD)
          throw new MongeError({
            code: 'file-too-large',
            what: 'this format has to be held in memory whole',
            where: { file: name },
            got: `more than ${total.toLocaleString('en')} bytes`,
            expected: `at most ${MAXIMUM_HELD.toLocaleString('en')} bytes`,
            help: 'split the file, or use CSV, JSON Lines or Parquet',
          });
        parts.push(chunk);
      }
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total);
    },
    async sha256() {
      if (digest === undefined) for await (const _ of stored());
      return digest!;
    },
  };
}

async function regularFileSize(path: string, name: string): Promise<number> {
  let status;
  try {
    status = await stat(path);
  } catch (cause) {
    throw unreadable(name, cause);
  }
  if (!status.isFile())
    throw new MongeError({
      code: 'not-a-file',
      what: 'this path is neither a file nor a folder of images',
      where: { file: name },
      help: 'choose a regular file',
    });
  if (status.size === 0) throw empty(name);
  return status.size;
}

/** The coded form of a file-system failure. */
export function unreadable(name: string, cause: unknown): MongeError {
  if (cause instanceof MongeError) return cause;
  const { code = '', path } = cause as NodeJS.ErrnoException;
  const absent = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(code);
  return new MongeError(
    {
      code: absent ? 'file-not-found' : 'file-unreadable',
      what: absent ? 'there is no such file' : 'the file could not be read',
      // The name of a file that is not there does not tell where it was looked for.
      where: { file: (absent && path) || name },
      got: code || String(cause),
      help: absent ? 'check the path; it is read on the machine the engine runs on' : 'check its permissions',
    },
    { cause },
  );
}

function empty(name: string): MongeError {
  return new MongeError({
    code: 'empty-file',
    what: 'the file has no content',
    where: { file: name },
    got: '0 bytes',
    help: 'the download may have failed; fetch it again',
  });
}

async function firstBytes(chunks: AsyncIterable<Uint8Array>, count: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    total += chunk.length;
    if (total >= count) break;
  }
  return Buffer.concat(parts, total).subarray(0, count);
}

async function* gunzip(
  stored: AsyncGenerator<Uint8Array>,
  name: string,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  // The callback form hands errors to the consumer by destroying the stream it iterates.
  const output = pipeline(Readable.from(stored), createGunzip({ chunkSize: 1 << 18 }), () => {});
  let total = 0;
  try {
    for await (const chunk of output as AsyncIterable<Uint8Array>) {
      total += chunk.length;
      checkExpansion(name, bytes, total);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof MongeError) throw cause;
    const cut = (cause as NodeJS.ErrnoException).code === 'Z_BUF_ERROR';
    throw new MongeError(
      {
        code: cut ? 'truncated' : 'corrupt-gzip',
        what: cut ? 'the gzip stream ends too early' : 'the gzip stream is damaged',
        where: { file: name },
        got: `${(cause as Error).message} after ${total.toLocaleString('en')} decompressed bytes`,
        help: 'the copy or download was damaged; fetch the file again',
      },
      { cause },
    );
  }
}
