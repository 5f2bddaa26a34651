/** @file Reads numbers and strings of a GGUF head one after the other, fetching more of the file only when it is needed. */
import { MongeError, type ErrorDetail, type Place } from '../error';
import { truncated } from './limits';

/** Bytes of a file that can be asked for more. */
export interface ByteSource {
  /** Said in errors. */
  readonly name: string;
  readonly size: number;
  /** The bytes from `from` up to `to`, all of them. */
  read(from: number, to: number): Promise<Uint8Array>;
}

/** At least as much is fetched at once. */
const STEP = 2 ** 20;
/** Vocabularies of 262,144 tokens with their merges take about 12 MiB. */
const LARGEST_HEAD = 128 * 2 ** 20;
const LONGEST_STRING = 64 * 2 ** 20;
/** Bytes of the values of each type number; 8 is a string, 9 an array, each with its smallest size. */
const valueBytes = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];

const arrays = {
  0: Uint8Array,
  1: Int8Array,
  2: Uint16Array,
  3: Int16Array,
  4: Uint32Array,
  5: Int32Array,
  6: Float32Array,
  10: BigUint64Array,
  11: BigInt64Array,
  12: Float64Array,
} as const;
export type NumberArray = InstanceType<(typeof arrays)[keyof typeof arrays]>;

const utf8 = new TextDecoder();

/** The error of a damaged head; the file is the input, so it is to blame. */
export function ggufError(
  source: Pick<ByteSource, 'name'>,
  code: string,
  what: string,
  byte: number,
  rest: Pick<ErrorDetail, 'got' | 'expected' | 'help'> & Pick<Place, 'tensor' | 'key'> = {},
): MongeError {
  const { tensor, key, ...said } = rest;
  const shown = tensor !== undefined && tensor.length > 100 ? `${tensor.slice(0, 99)}…` : tensor;
  return new MongeError({
    code,
    blame: 'input',
    what,
    where: { file: source.name, byte, tensor: shown, key: key?.slice(0, 100) },
    ...said,
  });
}

export class GgufCursor {
  readonly source: ByteSource;
  /** Byte of the file that is read next. */
  at = 0;
  #start = 0;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);

  constructor(source: ByteSource) {
    this.source = source;
  }

  async u32(): Promise<number> {
    const at = await this.#take(4);
    return this.#view.getUint32(at, true);
  }

  async u64(): Promise<bigint> {
    const at = await this.#take(8);
    return this.#view.getBigUint64(at, true);
  }

  /** @throws `gguf-value-type` */
  async scalar(type: number, key: string): Promise<number | bigint | boolean> {
    if (type === 7) {
      const at = await this.#take(1);
      return this.#bytes[at] !== 0;
    }
    const [value] = await this.numbersOf(type, 1, key);
    const exact = typeof value === 'bigint' && Number.isSafeInteger(Number(value));
    return exact ? Number(value) : value!;
  }

  /** An array of numbers or truth values, in its own memory. @throws `gguf-value-type` */
  async numbers(type: number, count: number, key: string): Promise<NumberArray | boolean[]> {
    if (type !== 7) return this.numbersOf(type, count, key);
    const at = await this.#take(count);
    return Array.from(this.#bytes.subarray(at, at + count), (byte) => byte !== 0);
  }

  private async numbersOf(type: number, count: number, key: string): Promise<NumberArray> {
    const bytes = count * this.bytesOf(type, key);
    const at = await this.#take(bytes);
    const copy = this.#bytes.slice(at, at + bytes);
    return new arrays[type as keyof typeof arrays](copy.buffer);
  }

  /** The fewest bytes that a value of the type has. @throws `gguf-value-type` */
  bytesOf(type: number, key: string): number {
    const bytes = valueBytes[type];
    if (bytes !== undefined) return bytes;
    throw ggufError(this.source, 'gguf-value-type', 'there is no such type of metadata', this.at - 4, {
      key,
      got: String(type),
      expected: '0 to 12',
    });
  }

  /** A string; bytes that are no UTF-8 become replacement characters. @throws `gguf-length`, `gguf-truncated` */
  async string(longest = LONGEST_STRING, what = 'a string'): Promise<string> {
    const start = this.at;
    const length = await this.u64();
    if (length > BigInt(longest) || length > BigInt(this.source.size - this.at))
      throw ggufError(this.source, 'gguf-length', 'a string is too long for its place', start, {
        key: what,
        got: `${length} bytes`,
        expected: `at most ${Math.min(longest, this.source.size - this.at)}`,
      });
    const at = await this.#take(Number(length));
    return this.#text(at, Number(length));
  }

  /** The next string where all of it has been fetched already; so a vocabulary is read without a promise per token. */
  stringAtHand(): string | undefined {
    const at = this.at - this.#start;
    if (at + 8 > this.#bytes.length || this.#view.getUint32(at + 4, true) !== 0) return undefined;
    const length = this.#view.getUint32(at, true);
    if (at + 8 + length > this.#bytes.length) return undefined;
    this.at += 8 + length;
    return this.#text(at + 8, length);
  }

  #text(at: number, length: number): string {
    // Most tokens are a few letters of one byte, for which the decoder's start costs more than all else.
    if (length < 24) {
      let text = '';
      let i = 0;
      for (; i < length; i += 1) {
        const byte = this.#bytes[at + i]!;
        if (byte >= 0x80) break;
        text += String.fromCharCode(byte);
      }
      if (i === length) return text;
    }
    return utf8.decode(this.#bytes.subarray(at, at + length));
  }

  /** Where the next `count` bytes lie in what has been fetched; they are passed over. */
  async #take(count: number): Promise<number> {
    const end = this.at + count;
    if (end > this.#start + this.#bytes.length) await this.#fetch(end);
    const at = this.at - this.#start;
    this.at = end;
    return at;
  }

  async #fetch(end: number): Promise<void> {
    const { source } = this;
    if (end > source.size) {
      const { what, help } = truncated(source.name, source.size, end).detail;
      throw ggufError(source, 'gguf-truncated', what, source.size, {
        got: `${source.size} bytes`,
        expected: `at least ${end}`,
        help,
      });
    }
    if (end > LARGEST_HEAD)
      throw ggufError(
        source,
        'gguf-header-too-large',
        'the metadata are longer than those of any model',
        this.at,
        {
          got: `at least ${end} bytes`,
          expected: `at most ${LARGEST_HEAD}`,
        },
      );
    this.#bytes = new Uint8Array(
      await source.read(this.at, Math.min(source.size, Math.max(end, this.at + STEP))),
    );
    this.#start = this.at;
    this.#view = new DataView(this.#bytes.buffer);
  }
}
