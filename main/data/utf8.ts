/** @file Text from bytes: whole characters per chunk, invalid ones reported by byte, lines with their numbers. */
import { isUtf8 } from 'node:buffer';
import { MongeError } from '../../native-models/error';
import { MAXIMUM_RECORD } from './limits';
import type { DatasetWarning } from '../contract/data';

/** Cuts chunks at character borders, drops a byte order mark, and warns once where the bytes are not UTF-8. */
export async function* utf8Chunks(
  chunks: AsyncIterable<Uint8Array>,
  warnings: DatasetWarning[],
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  let first = true;
  let warned = false;
  const check = (buffer: Buffer) => {
    if (!warned && !isUtf8(buffer)) {
      warned = true;
      const byte = position + Buffer.byteLength(buffer.toString('utf8').split('\uFFFD', 1)[0]!);
      warnings.push({
        code: 'invalid-utf8',
        message: `the text is not valid UTF-8 from byte ${byte} on; unreadable characters are shown as \uFFFD`,
      });
    }
    position += buffer.length;
    return buffer;
  };
  for await (const chunk of chunks) {
    let buffer: Buffer =
      rest.length > 0
        ? Buffer.concat([rest, chunk])
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (first && buffer.length < 3) {
      rest = buffer;
      continue;
    }
    if (first && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) {
      buffer = buffer.subarray(3);
      position = 3;
    }
    first = false;
    const border = lastBorder(buffer);
    rest = Buffer.from(buffer.subarray(border));
    if (border > 0) yield check(buffer.subarray(0, border));
  }
  if (rest.length > 0) yield check(rest);
}

/** Index after the last whole character of the buffer. */
function lastBorder(buffer: Buffer): number {
  for (let back = 1; back <= Math.min(3, buffer.length); back += 1) {
    const byte = buffer[buffer.length - back]!;
    if (byte < 0x80) return buffer.length;
    if (byte >= 0xc0) {
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < size ? buffer.length - back : buffer.length;
    }
  }
  return buffer.length;
}

/** Lines without their ends, each with its number from 1; a last line without an end counts. */
export async function* textLines(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  warnings: DatasetWarning[],
): AsyncGenerator<{ line: number; text: string }[]> {
  let rest = '';
  let line = 0;
  for await (const buffer of utf8Chunks(chunks, warnings)) {
    const parts = (rest + buffer.toString('utf8')).split('\n');
    rest = parts.pop()!;
    if (rest.length > MAXIMUM_RECORD)
      throw new MongeError({
        code: 'line-too-long',
        what: 'a line never ends',
        where: { file, line: line + parts.length + 1 },
        expected: `lines of at most ${MAXIMUM_RECORD.toLocaleString('en')} characters`,
        help: 'this may be a binary file, or a single JSON array instead of JSON Lines',
      });
    if (parts.length > 0)
      yield parts.map((text) => ({
        line: (line += 1),
        text: text.endsWith('\r') ? text.slice(0, -1) : text,
      }));
  }
  if (rest !== '') yield [{ line: line + 1, text: rest.endsWith('\r') ? rest.slice(0, -1) : rest }];
}

/** The head as text up to its last whole line (all of it when the head is the whole file). */
export function headText(head: Uint8Array, short: boolean): string {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  const end = text.lastIndexOf('\n');
  return short || end < 0 ? text : text.slice(0, end + 1);
}

/** True when bytes look like something other than text: NULs, or many control characters. */
export function looksBinary(head: Uint8Array): boolean {
  let control = 0;
  const count = Math.min(head.length, 8192);
  for (let i = 0; i < count; i += 1) {
    const byte = head[i]!;
    if (byte === 0) return true;
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12 && byte !== 27 && byte !== 8)
      control += 1;
  }
  return control > count / 50;
}
