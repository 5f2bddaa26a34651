/** @file Files that arrive in pieces: checked offset by offset, hashed on the way, kept in the workspace under their hash or group. */
import { createHash, randomBytes, type Hash } from 'node:crypto';
import { mkdir, open, readdir, rm, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MongeError } from '../../native-models/error';
import { folderUnwritable, renameWithRetry, syncFolder } from '../disk/files';
import { safeFileName } from '../disk/names';

export const uploadLimits = { fileBytes: 16 * 2 ** 30, pieceBytes: 64 * 2 ** 20, atOnce: 16 };
/** Pieces of uploads that nobody finished are removed after a day. */
const staleMilliseconds = 24 * 3600 * 1000;

interface Upload {
  name: string;
  /** Files of one group come to lie side by side. */
  group: string | undefined;
  bytes: number;
  received: number;
  /** Where the next piece must start, counting pieces that are still being written. */
  expected: number;
  path: string;
  file: FileHandle;
  hash: Hash;
  writes: Promise<void>;
}

export class Uploads {
  private readonly uploads = new Map<string, Upload>();

  constructor(private readonly folder: string) {}

  /** Removes what dead processes left half received. */
  async open(): Promise<void> {
    await mkdir(this.incoming, { recursive: true });
    for (const name of await readdir(this.incoming)) {
      const path = join(this.incoming, name);
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs > staleMilliseconds) await rm(path, { force: true });
    }
  }

  /** @throws `unsafe-name`, `upload-too-large`, `too-many-uploads` */
  async begin(name: string, bytes: number, group?: string): Promise<{ upload: string }> {
    const safe = safeFileName(name);
    if (group !== undefined) safeFileName(`drop-${group}`);
    if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > uploadLimits.fileBytes)
      throw new MongeError({
        code: 'upload-too-large',
        what: 'files of this size cannot be sent',
        where: { file: safe },
        got: `${bytes} bytes`,
        expected: `0 to ${uploadLimits.fileBytes}`,
        help: "put the file on the engine's machine and open it there",
      });
    if (this.uploads.size >= uploadLimits.atOnce)
      throw new MongeError({
        code: 'too-many-uploads',
        what: 'too many files are being sent at once',
        expected: `at most ${uploadLimits.atOnce}`,
        help: 'wait for one to finish',
      });
    const upload = randomBytes(16).toString('hex');
    const path = join(this.incoming, `${upload}.part`);
    const file = await open(path, 'wx');
    this.uploads.set(upload, {
      name: safe,
      group,
      bytes,
      received: 0,
      expected: 0,
      path,
      file,
      hash: createHash('sha256'),
      writes: Promise.resolve(),
    });
    return { upload };
  }

  /** Pieces come in order and without gaps. @throws `upload-not-found`, `upload-offset`, `upload-too-large` */
  async append(id: string, offset: number, piece: Uint8Array): Promise<void> {
    const upload = this.get(id);
    if (offset !== upload.expected)
      throw new MongeError({
        code: 'upload-offset',
        what: 'a piece is missing or came twice',
        where: { file: upload.name },
        got: `offset ${offset}`,
        expected: `offset ${upload.expected}`,
      });
    if (piece.length > uploadLimits.pieceBytes || offset + piece.length > upload.bytes)
      throw new MongeError({
        code: 'upload-too-large',
        what: 'more bytes came than were announced or than one piece may have',
        where: { file: upload.name, byte: offset },
        got: `${piece.length} bytes`,
        expected: `at most ${Math.min(uploadLimits.pieceBytes, upload.bytes - offset)}`,
      });
    upload.expected += piece.length;
    const write = upload.writes.then(async () => {
      await upload.file.appendFile(piece).catch((error: unknown) => {
        throw folderUnwritable(this.folder, error);
      });
      upload.hash.update(piece);
      upload.received += piece.length;
    });
    upload.writes = write;
    await write;
  }

  /** The path of the whole file. @throws `upload-not-found`, `upload-incomplete` */
  async finish(id: string): Promise<string> {
    const upload = this.get(id);
    await upload.writes;
    // Another call may have finished or cancelled it meanwhile.
    if (this.uploads.get(id) !== upload) throw notFound();
    if (upload.received !== upload.bytes)
      throw new MongeError({
        code: 'upload-incomplete',
        what: 'the file has not arrived whole',
        where: { file: upload.name },
        got: `${upload.received} bytes`,
        expected: `${upload.bytes}`,
      });
    this.uploads.delete(id);
    await upload.file.sync();
    await upload.file.close();
    const folder = await this.folderFor(upload);
    const path = join(folder, upload.name);
    await renameWithRetry(upload.path, path);
    await syncFolder(folder);
    return path;
  }

  /** The folder of its group, unless a file of that name lies there already; else one of the file's own. */
  private async folderFor({ name, group, hash }: Upload): Promise<string> {
    if (group !== undefined) {
      const shared = join(this.folder, `drop-${group}`);
      await mkdir(shared, { recursive: true });
      if (!(await readdir(shared)).includes(name)) return shared;
    }
    const own = join(this.folder, hash.digest('hex').slice(0, 16));
    await mkdir(own, { recursive: true });
    return own;
  }

  /** Removes a finished upload that no reader can open: it would only take up room. */
  async discard(path: string): Promise<void> {
    await rm(path, { force: true });
    // Only an empty folder goes; others of the same drop may lie in it.
    await rmdir(dirname(path)).catch(() => undefined);
  }

  /** Forgets an upload and its bytes; nothing happens for one that is not known. */
  async cancel(id: string): Promise<void> {
    const upload = this.uploads.get(id);
    if (!upload) return;
    this.uploads.delete(id);
    await upload.writes.catch(() => undefined);
    await upload.file.close();
    await rm(upload.path, { force: true });
  }

  async close(): Promise<void> {
    for (const id of [...this.uploads.keys()]) await this.cancel(id);
  }

  private get incoming(): string {
    return join(this.folder, '.incoming');
  }

  private get(id: string): Upload {
    const upload = this.uploads.get(id);
    if (upload) return upload;
    throw notFound();
  }
}

function notFound(): MongeError {
  return new MongeError({
    code: 'upload-not-found',
    what: 'there is no such upload',
    where: { key: 'upload' },
    help: 'send the file again',
  });
}
