/** @file Named random streams keyed by (seed, label, step): adding one draw never shifts another. */
import { MongeError } from '../error';
import { multiplyHigh, philoxWords } from './philox';

/** Words made at a time; a multiple of four, so that a refill ends on a block border. */
const BUFFER_WORDS = 256;
/** The largest 32-bit float below one. */
const BELOW_ONE = 1 - 2 ** -24;
/** Kept apart in the fourth counter word, so that streams and random access never share a block. */
const STREAM_DOMAIN = 0;
const GRID_DOMAIN = 1 << 24;

/**
 * A sequence of random numbers. Every method continues where the last one ended, and drawing in one call or in many
 * gives the same numbers. All methods fill `out` and return it.
 */
export interface RandomStream {
  /** Uniform on the open interval (0, 1). */
  uniform(out: Float32Array): Float32Array;
  /** Standard normal (Box and Muller 1958). */
  normal(out: Float32Array): Float32Array;
  /** Uniform on 0 … bound-1 without bias (Lemire 2019). Throws `random-bound` unless 1 ≤ bound ≤ 2^31. */
  integers(out: Int32Array, bound: number): Int32Array;
  /** A uniform permutation of 0 … count-1 (Fisher and Yates). */
  permutation(count: number): Int32Array;
  /** Raw 32-bit words. */
  uint32(out: Uint32Array): Uint32Array;
}

/**
 * Opens the stream of one label at one step. `seed` and `step` are whole numbers from 0 to 2^53-1.
 * The same triple always gives the same numbers; different triples give independent ones.
 */
export function stream(seed: number, label: string, step = 0): RandomStream {
  return new PhiloxStream(wholeNumber(seed, 'seed'), label, wholeNumber(step, 'step'));
}

class PhiloxStream implements RandomStream {
  readonly #keyLow: number;
  readonly #keyLabel: number;
  readonly #seedHigh: number;
  readonly #stepLow: number;
  readonly #stepHigh: number;
  readonly #words = new Uint32Array(BUFFER_WORDS);
  #position = BUFFER_WORDS;
  #block = 0;
  #spareNormal: number | undefined;

  constructor(seed: number, label: string, step: number) {
    this.#keyLow = seed >>> 0;
    this.#seedHigh = highWord(seed);
    this.#keyLabel = hashLabel(label);
    this.#stepLow = step >>> 0;
    this.#stepHigh = highWord(step);
  }

  uniform(out: Float32Array): Float32Array {
    for (let index = 0; index < out.length; index++) out[index] = openUnitFloat(this.#next());
    return out;
  }

  normal(out: Float32Array): Float32Array {
    let index = 0;
    if (this.#spareNormal !== undefined && out.length > 0) {
      out[index++] = this.#spareNormal;
      this.#spareNormal = undefined;
    }
    while (index < out.length) {
      const radius = Math.sqrt(-2 * Math.log(openUnit(this.#next())));
      const angle = 2 * Math.PI * openUnit(this.#next());
      out[index++] = radius * Math.cos(angle);
      const second = radius * Math.sin(angle);
      if (index < out.length) out[index++] = second;
      else this.#spareNormal = second;
    }
    return out;
  }

  integers(out: Int32Array, bound: number): Int32Array {
    checkBound(bound);
    for (let index = 0; index < out.length; index++) out[index] = this.#below(bound);
    return out;
  }

  permutation(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const chosen = this.#below(last + 1);
      const kept = order[last]!;
      order[last] = order[chosen]!;
      order[chosen] = kept;
    }
    return order;
  }

  uint32(out: Uint32Array): Uint32Array {
    for (let index = 0; index < out.length; index++) out[index] = this.#next();
    return out;
  }

  #next(): number {
    if (this.#position === BUFFER_WORDS) this.#refill();
    return this.#words[this.#position++]!;
  }

  #refill(): void {
    for (let offset = 0; offset < BUFFER_WORDS; offset += 4)
      philoxWords(
        this.#block++,
        this.#stepLow,
        this.#stepHigh,
        STREAM_DOMAIN | this.#seedHigh,
        this.#keyLow,
        this.#keyLabel,
        this.#words,
        offset,
      );
    this.#position = 0;
  }

  #below(bound: number): number {
    const rejected = 2 ** 32 % bound;
    for (;;) {
      const word = this.#next();
      if (Math.imul(word, bound) >>> 0 >= rejected) return multiplyHigh(word, bound);
    }
  }
}

/**
 * The number at cell (i, j) of an endless random matrix on the open interval (0, 1), with 32 random bits.
 * Needs no state, so tiles of any shape agree. Indices are whole numbers from 0 to 2^32-1.
 */
export function uniformAt(seed: number, label: string, i: number, j: number): number {
  const row = new Float64Array(1);
  fillUniformRow(seed, label, i, j, row);
  return row[0]!;
}

/** Writes `uniformAt(seed, label, i, jStart + k)` to `out[k]`; rounded, but still below one, in a Float32Array. */
export function fillUniformRow<T extends Float32Array | Float64Array>(
  seed: number,
  label: string,
  i: number,
  jStart: number,
  out: T,
): T {
  wholeNumber(seed, 'seed');
  const keyLow = seed >>> 0;
  const seedHigh = highWord(seed);
  const keyLabel = hashLabel(label);
  const convert = out instanceof Float32Array ? openUnitFloat : openUnit;
  const block = new Uint32Array(4);
  let held = -1;
  for (let index = 0; index < out.length; index++) {
    const column = jStart + index;
    const wanted = Math.floor(column / 4);
    if (wanted !== held) {
      philoxWords(wanted, i, 0, GRID_DOMAIN | seedHigh, keyLow, keyLabel, block, 0);
      held = wanted;
    }
    out[index] = convert(block[column & 3]!);
  }
  return out;
}

/**
 * Writes number `first`, `first + 1`, … of the sequence that `stream(seed, label, step).normal` makes in one call, without
 * making those before them. `first` is a whole number from 0 to 2^34-1.
 */
export function fillNormals(
  seed: number,
  label: string,
  step: number,
  first: number,
  out: Float32Array,
): Float32Array {
  wholeNumber(seed, 'seed');
  wholeNumber(step, 'step');
  const keyLabel = hashLabel(label);
  const words = new Uint32Array(4);
  let held = -1;
  for (let index = 0; index < out.length; index++) {
    // A block of four words makes two pairs of normals.
    const at = first + index;
    const block = Math.floor(at / 4);
    if (block !== held)
      philoxWords(
        block,
        step >>> 0,
        highWord(step),
        STREAM_DOMAIN | highWord(seed),
        seed >>> 0,
        keyLabel,
        words,
        0,
      );
    held = block;
    const pair = at & 2;
    const radius = Math.sqrt(-2 * Math.log(openUnit(words[pair]!)));
    const angle = 2 * Math.PI * openUnit(words[pair + 1]!);
    out[index] = radius * (at % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  }
  return out;
}

/** FNV-1a over UTF-16 code units with the finaliser of MurmurHash3, which spreads short labels over all bits. */
function hashLabel(label: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < label.length; index++)
    hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function openUnit(word: number): number {
  return (word + 0.5) * 2 ** -32;
}

function openUnitFloat(word: number): number {
  return Math.min((word + 0.5) * 2 ** -32, BELOW_ONE);
}

function highWord(value: number): number {
  return Math.floor(value / 2 ** 32);
}

function wholeNumber(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new MongeError({
    code: 'random-key',
    what: `${name} of a random stream`,
    where: { key: name },
    got: String(value),
    expected: 'a whole number from 0 to 2^53-1',
  });
}

function checkBound(bound: number): void {
  if (Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 31) return;
  throw new MongeError({
    code: 'random-bound',
    what: 'bound of random integers',
    got: String(bound),
    expected: 'a whole number from 1 to 2^31',
  });
}
