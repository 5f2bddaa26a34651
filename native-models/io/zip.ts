/** @file A zip archive's entries, checked against what the directory declares before and after inflating. */
import { crc32, inflateRawSync } from 'node:zlib';
import { MongeError } from '../error';
import { checkExpansion, MAXIMUM_ENTRIES, MAXIMUM_HELD, truncated } from './limits';

export interface ZipEntry {
  name: string;
  /** Declared size of the content. */
  size: number;
  /** True for a symbolic link, whose content is the path it leads to. */
  link: boolean;
  /** The content; throws `zip-bomb`, `corrupt-zip`, `truncated`. */
  read(): Uint8Array;
}

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const END64_LOCATOR_BYTES = 20;

/** The entries of the central directory (PKWARE APPNOTE 4.3). Nothing is inflated until `read`. */
export function zipEntries(file: string, bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = findEnd(view);
  if (end < 0)
    throw new MongeError({
      code: 'truncated',
      what: 'the archive has no directory at its end',
      where: { file, byte: bytes.length },
      help: 'the copy or download was cut short; fetch the file again',
    });
  const directory = findDirectory(file, view, end);
  const { count } = directory;
  if (count > MAXIMUM_ENTRIES)
    throw new MongeError({
      code: 'file-too-large',
      what: 'the archive has too many entries',
      where: { file, byte: end },
      got: count.toLocaleString('en'),
      expected: `at most ${MAXIMUM_ENTRIES.toLocaleString('en')}`,
      help: 'split it, or unpack it and open the folder',
    });
  let at = directory.start;
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== DIRECTORY)
      throw corrupt(file, at, 'a damaged directory');
    const nameLength = view.getUint16(at + 28, true);
    const next = at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const name = entryName(bytes.subarray(at + 46, at + 46 + nameLength));
    entries.push(entry(file, bytes, view, at, name));
    at = next;
  }
  const total = entries.reduce((sum, e) => sum + e.size, 0);
  checkExpansion(file, bytes.length, total);
  return entries;
}

function entry(file: string, bytes: Uint8Array, view: DataView, at: number, name: string): ZipEntry {
  const encrypted = (view.getUint16(at + 8, true) & 1) === 1;
  const method = view.getUint16(at + 10, true);
  const checksum = view.getUint32(at + 16, true);
  const packed = view.getUint32(at + 20, true);
  const size = view.getUint32(at + 24, true);
  const local = view.getUint32(at + 42, true);
  // Unix writers keep the file's mode in the upper half of the external attributes.
  const link = view.getUint8(at + 5) === 3 && (view.getUint16(at + 40, true) & 0xf000) === 0xa000;
  const where = `${file}/${name}`;
  return {
    name,
    size,
    link,
    read() {
      if (size > MAXIMUM_HELD || packed === 0xffffffff) throw corrupt(where, at, 'an entry of over 2 GiB');
      if (encrypted) throw corrupt(where, at, 'an encrypted entry');
      if (method !== 0 && method !== 8) throw corrupt(where, at, `compression method ${method}`);
      if (local + 30 > bytes.length || view.getUint32(local, true) !== LOCAL)
        throw corrupt(where, local, 'a damaged entry header');
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      if (start + packed > bytes.length) throw truncated(where, bytes.length, start + packed);
      const stored = bytes.subarray(start, start + packed);
      checkExpansion(where, packed, size);
      const content = method === 0 ? stored : inflate(where, stored, size);
      if (content.length !== size || crc32(content) !== checksum)
        throw corrupt(where, start, `${content.length} bytes that do not match size and checksum`);
      return content;
    },
  };
}

/** Inflates at most the declared size; a stream that goes on is hostile, not just damaged. */
function inflate(where: string, stored: Uint8Array, size: number): Uint8Array {
  try {
    return inflateRawSync(stored, { maxOutputLength: Math.max(size, 1) });
  } catch (cause) {
    const longer = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    if (!longer) throw corrupt(where, 0, (cause as Error).message);
    throw new MongeError(
      {
        code: 'zip-bomb',
        what: 'an entry holds more than its directory declares',
        where: { file: where },
        got: `more than ${size.toLocaleString('en')} bytes`,
        expected: `${size.toLocaleString('en')} bytes`,
      },
      { cause },
    );
  }
}

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - END_BYTES - 0xffff);
  for (let at = view.byteLength - END_BYTES; at >= lowest; at -= 1)
    if (view.getUint32(at, true) === END) return at;
  return -1;
}

/** Archives of 65,535 entries or more keep their true count in a record of their own (APPNOTE 4.3.14). */
function findDirectory(file: string, view: DataView, end: number): { count: number; start: number } {
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (count !== 0xffff && start !== 0xffffffff) return { count, start };
  const locator = end - END64_LOCATOR_BYTES;
  if (locator < 0 || view.getUint32(locator, true) !== END64_LOCATOR) {
    if (start !== 0xffffffff) return { count, start };
    throw corrupt(file, end, 'a damaged directory');
  }
  const record = Number(view.getBigUint64(locator + 8, true));
  if (record + 56 > locator || view.getUint32(record, true) !== END64)
    throw corrupt(file, locator, 'a damaged directory');
  return {
    count: Number(view.getBigUint64(record + 32, true)),
    start: Number(view.getBigUint64(record + 48, true)),
  };
}

/** Names are UTF-8 nearly always; older writers' bytes are kept apart as Latin-1 rather than merged into “\ufffd”. */
function entryName(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

function corrupt(file: string, byte: number, got: string): MongeError {
  return new MongeError({
    code: 'corrupt-zip',
    what: 'the archive cannot be read',
    where: { file, byte },
    got,
    expected: 'a plain zip archive, stored or deflated',
  });
}
