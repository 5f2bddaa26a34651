/** @file A zip archive's entries, checked against what the directory declares before and after inflating. */
import { crc32, inflateRawSync } from 'node:zlib';
import { MongeError } from '../../../native-models/error';
import { checkExpansion, MAXIMUM_HELD, truncated } from '../limits';

export interface ZipEntry {
  name: string;
  /** Declared size of the content. */
  size: number;
  /** The content; throws `zip-bomb`, `corrupt-zip`, `truncated`. */
  read(): Uint8Array;
}

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;

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
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== DIRECTORY)
      throw corrupt(file, at, 'a damaged directory');
    const nameLength = view.getUint16(at + 28, true);
    const next = at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const name = Buffer.from(bytes.subarray(at + 46, at + 46 + nameLength)).toString('utf8');
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
  const where = `${file}/${name}`;
  return {
    name,
    size,
    read() {
      if (size > MAXIMUM_HELD || packed === 0xffffffff) throw corrupt(where, at, 'an entry of over 2 GiB');
      if (encrypted || (method !== 0 && method !== 8))
        throw corrupt(where, at, `compression method ${method}`);
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

function corrupt(file: string, byte: number, got: string): MongeError {
  return new MongeError({
    code: 'corrupt-zip',
    what: 'the archive cannot be read',
    where: { file, byte },
    got,
    expected: 'a plain zip archive, stored or deflated',
  });
}
