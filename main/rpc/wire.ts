/** @file Frames for byte transports: a JSON head and a tail of raw typed arrays; plain ECMAScript, shared with the view. */
import { errorDetail, MongeError } from '../../native-models/error';
import type { ErrorDetail } from '../../native-models/error';

// Layout, all little-endian:
//   0  magic "MNG1"      4  u32 length of the head in bytes      8  head: UTF-8 JSON, [value, [[kind, byteLength], …]]
//   then zeros up to a multiple of 8, then every array in order, each starting at a multiple of 8.
// Inside the head's value, {"$": …} stands for what JSON lacks; an object with a "$" key of its own is wrapped.

/** A view should keep single requests below this; the server closes the connection above it. */
export const MAXIMUM_REQUEST_BYTES = 32 * 1024 * 1024;
const MAXIMUM_FRAME_BYTES = 1024 * 1024 * 1024;
const MAXIMUM_DEPTH = 64;
const MAXIMUM_ARRAYS = 65_536;
const MAGIC = [0x4d, 0x4e, 0x47, 0x31];
const HEAD_START = 8;

type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;
interface ArrayKind {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): TypedArray;
}
const KINDS = new Map<string, ArrayKind>(
  [
    'Int8Array',
    'Uint8Array',
    'Uint8ClampedArray',
    'Int16Array',
    'Uint16Array',
    'Int32Array',
    'Uint32Array',
    'Float16Array', // newer runtimes only
    'Float32Array',
    'Float64Array',
    'BigInt64Array',
    'BigUint64Array',
  ].flatMap((name) => {
    const kind = (globalThis as unknown as Record<string, ArrayKind | undefined>)[name];
    return kind ? [[name, kind] as const] : [];
  }),
);

/** One value as one frame. Typed arrays may lie at any depth; an `Error` travels as its `ErrorDetail`. Throws `unsendable` for functions, cycles, class instances. */
export function encodeFrame(value: unknown): Uint8Array<ArrayBuffer> {
  const arrays: TypedArray[] = [];
  const plain = toPlain(value, arrays, 0);
  const kinds = arrays.map((array) => [kindOf(array), array.byteLength]);
  const head = new TextEncoder().encode(JSON.stringify([plain, kinds]));
  const tailStart = align(HEAD_START + head.length);
  const total = arrays.reduce((end, array) => align(end) + array.byteLength, tailStart);
  if (total > MAXIMUM_FRAME_BYTES) throw unsendable(`a message of ${total} bytes`);
  const frame = new Uint8Array(total);
  frame.set(MAGIC, 0);
  new DataView(frame.buffer).setUint32(4, head.length, true);
  frame.set(head, HEAD_START);
  let end = tailStart;
  for (const array of arrays) {
    frame.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), align(end));
    end = align(end) + array.byteLength;
  }
  return frame;
}

/** The value of one frame; arrays are views of `bytes` where its alignment allows. Throws `bad-frame` for anything `encodeFrame` would not have written. */
export function decodeFrame(bytes: Uint8Array, maximumBytes = MAXIMUM_FRAME_BYTES): unknown {
  if (bytes.length > maximumBytes)
    throw badFrame(0, `${bytes.length} bytes`, `at most ${maximumBytes} bytes`);
  if (bytes.length < HEAD_START || MAGIC.some((byte, i) => bytes[i] !== byte))
    throw badFrame(0, 'other bytes', 'the mark MNG1');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headEnd = HEAD_START + view.getUint32(4, true);
  const tailStart = align(headEnd);
  if (tailStart > bytes.length) throw badFrame(4, `a head up to byte ${headEnd}`, `${bytes.length} bytes`);
  const head = parseHead(bytes.subarray(HEAD_START, headEnd));
  for (let i = headEnd; i < tailStart; i++) if (bytes[i] !== 0) throw badFrame(i, 'data', 'zero padding');
  const arrays = readArrays(bytes, tailStart, head[1]);
  const used = new Set<number>();
  const value = fromPlain(head[0], arrays, used, 0);
  if (used.size !== arrays.length)
    throw badFrame(tailStart, `${arrays.length} arrays`, `${used.size} in use`);
  return value;
}

/** For ports, where structured clone carries everything but an error's detail. */
export function packPortMessage(message: unknown): unknown {
  if (!isRecord(message) || !(message.e instanceof Error)) return message;
  const detail = errorDetail(message.e);
  return { ...message, e: { name: 'MongeError', message: detail.what, code: detail.code, detail } };
}

/** The other end of `packPortMessage`: the error is a `MongeError` again. */
export function unpackPortMessage(message: unknown): unknown {
  if (!isRecord(message) || !isRecord(message.e)) return message;
  return { ...message, e: new MongeError(readDetail(message.e.detail)) };
}

function toPlain(value: unknown, arrays: TypedArray[], depth: number): unknown {
  if (depth > MAXIMUM_DEPTH) throw unsendable(`nesting deeper than ${MAXIMUM_DEPTH}, or a cycle`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (value === undefined) return { $: 'undefined' };
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return { $: 'number', v: '-0' };
    return Number.isFinite(value) ? value : { $: 'number', v: String(value) };
  }
  if (typeof value === 'bigint') return { $: 'bigint', v: String(value) };
  if (typeof value !== 'object') throw unsendable(`a ${typeof value}`);
  if (ArrayBuffer.isView(value)) {
    if (arrays.length >= MAXIMUM_ARRAYS) throw unsendable(`more than ${MAXIMUM_ARRAYS} arrays`);
    kindOf(value);
    arrays.push(value as TypedArray);
    return { $: 'array', v: arrays.length - 1 };
  }
  if (value instanceof Error) return { $: 'error', v: toPlain(errorDetail(value), arrays, depth + 1) };
  if (Array.isArray(value)) return Array.from(value, (item) => toPlain(item, arrays, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  // A realm's own Object.prototype has no prototype; comparing that way accepts objects of other realms.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw unsendable('an instance of a class');
  const record: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) define(record, key, toPlain(item, arrays, depth + 1));
  return Object.hasOwn(record, '$') ? { $: 'object', v: record } : record;
}

function fromPlain(plain: unknown, arrays: readonly TypedArray[], used: Set<number>, depth: number): unknown {
  if (depth > MAXIMUM_DEPTH + 2)
    throw badFrame(HEAD_START, 'deeper nesting', `at most ${MAXIMUM_DEPTH} levels`);
  if (Array.isArray(plain)) return plain.map((item) => fromPlain(item, arrays, used, depth + 1));
  if (!isRecord(plain)) return plain;
  if (!Object.hasOwn(plain, '$')) return fromRecord(plain, arrays, used, depth);
  const { $: tag, v, ...rest } = plain;
  if (Object.keys(rest).length > 0) throw badFrame(HEAD_START, 'a mixed record', 'what encodeFrame writes');
  if (tag === 'undefined' && v === undefined) return undefined;
  if (tag === 'number' && typeof v === 'string' && ['NaN', 'Infinity', '-Infinity', '-0'].includes(v))
    return Number(v);
  if (tag === 'bigint' && typeof v === 'string' && /^-?\d{1,10000}$/.test(v)) return BigInt(v);
  if (tag === 'array' && typeof v === 'number' && arrays[v] && !used.has(v)) {
    used.add(v);
    return arrays[v];
  }
  if (tag === 'error') return new MongeError(readDetail(fromPlain(v, arrays, used, depth + 1)));
  if (tag === 'object' && isRecord(v)) return fromRecord(v, arrays, used, depth);
  throw badFrame(HEAD_START, 'an unknown kind of value', 'what encodeFrame writes');
}

function fromRecord(
  plain: Readonly<Record<string, unknown>>,
  arrays: readonly TypedArray[],
  used: Set<number>,
  depth: number,
): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(plain))
    define(record, key, fromPlain(item, arrays, used, depth + 1));
  return record;
}

function parseHead(bytes: Uint8Array): [value: unknown, kinds: unknown[]] {
  let head: unknown;
  try {
    head = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw badFrame(HEAD_START, 'no JSON in UTF-8', 'a JSON head');
  }
  if (!Array.isArray(head) || head.length !== 2 || !Array.isArray(head[1]) || head[1].length > MAXIMUM_ARRAYS)
    throw badFrame(HEAD_START, 'another head', '[value, array kinds]');
  return [head[0], head[1]];
}

function readArrays(bytes: Uint8Array, tailStart: number, rows: readonly unknown[]): TypedArray[] {
  let end = tailStart;
  const arrays = rows.map((row): TypedArray => {
    const [name, length] = Array.isArray(row) && row.length === 2 ? (row as unknown[]) : [];
    const kind = typeof name === 'string' ? KINDS.get(name) : undefined;
    if (!kind) throw badFrame(HEAD_START, 'an unknown kind of array', [...KINDS.keys()].join(', '));
    const start = align(end);
    if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0)
      throw badFrame(HEAD_START, 'no length', `the byte length of a ${String(name)}`);
    if (length % kind.BYTES_PER_ELEMENT !== 0 || start + length > bytes.length)
      throw badFrame(
        start,
        `${String(name)} of ${length} bytes`,
        `whole elements up to byte ${bytes.length}`,
      );
    end = start + length;
    const count = length / kind.BYTES_PER_ELEMENT;
    const offset = bytes.byteOffset + start;
    if (bytes.buffer instanceof ArrayBuffer && offset % kind.BYTES_PER_ELEMENT === 0)
      return new kind(bytes.buffer, offset, count);
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(start, end));
    return new kind(copy.buffer, 0, count);
  });
  if (end !== bytes.length) throw badFrame(end, `${bytes.length} bytes`, `${end} bytes`);
  return arrays;
}

function readDetail(value: unknown): ErrorDetail {
  if (!isRecord(value) || typeof value.code !== 'string' || typeof value.what !== 'string')
    throw badFrame(HEAD_START, 'an error without its code', 'an error detail');
  const detail: ErrorDetail = { code: value.code, what: value.what };
  if (value.blame === 'input' || value.blame === 'machine') detail.blame = value.blame;
  for (const key of ['got', 'expected', 'help'] as const) {
    const text = value[key];
    if (typeof text === 'string') detail[key] = text;
  }
  if (isRecord(value.where)) {
    const place: Record<string, unknown> = {};
    for (const key of ['file', 'tensor', 'op', 'key', 'line', 'row', 'byte', 'column']) {
      const part = value.where[key];
      if (typeof part === 'string' || typeof part === 'number') place[key] = part;
    }
    detail.where = place;
  }
  return detail;
}

function kindOf(array: ArrayBufferView): string {
  const name = (array as unknown as Record<symbol, unknown>)[Symbol.toStringTag];
  if (typeof name === 'string' && KINDS.has(name)) return name;
  throw unsendable('a view that is not a typed array');
}

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Assignment would run the setter of a column named `__proto__`. */
function define(record: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}

function badFrame(byte: number, got: string, expected: string): MongeError {
  return new MongeError({
    code: 'bad-frame',
    what: 'a message is damaged',
    where: { byte },
    got,
    expected,
    help: 'Reload the view; if it happens again, the view and the engine are of different versions.',
  });
}

function unsendable(got: string): MongeError {
  return new MongeError({
    code: 'unsendable',
    what: 'a value cannot be sent as a message',
    got,
    expected: 'plain data and typed arrays',
  });
}
