/** @file Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (SC 2011). */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** The high 32 bits of the 64-bit product of two unsigned 32-bit integers. */
export function multiplyHigh(left: number, right: number): number {
  const leftLow = left & 0xffff;
  const leftHigh = left >>> 16;
  const rightLow = right & 0xffff;
  const rightHigh = right >>> 16;
  // Each partial product is below 2^32, so `imul` keeps it whole.
  const carry = (Math.imul(leftHigh, rightLow) >>> 0) + (Math.imul(leftLow, rightLow) >>> 16);
  const middle = (Math.imul(leftLow, rightHigh) >>> 0) + (carry & 0xffff);
  return (Math.imul(leftHigh, rightHigh) + (carry >>> 16) + (middle >>> 16)) >>> 0;
}

/**
 * Writes four random 32-bit words for one counter and key into `out[offset … offset+3]`.
 * A pure function: neighbouring counters give statistically independent words.
 */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
  offset = 0,
): void {
  philoxWords(counter[0], counter[1], counter[2], counter[3], key[0], key[1], out, offset);
}

/** `philox4x32` with its operands spread, for inner loops that must not allocate. */
export function philoxWords(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array,
  offset: number,
): void {
  let word0 = counter0;
  let word1 = counter1;
  let word2 = counter2;
  let word3 = counter3;
  let roundKey0 = key0;
  let roundKey1 = key1;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, word0);
    const low0 = Math.imul(MULTIPLIER_0, word0);
    const high1 = multiplyHigh(MULTIPLIER_1, word2);
    const low1 = Math.imul(MULTIPLIER_1, word2);
    word0 = high1 ^ word1 ^ roundKey0;
    word1 = low1;
    word2 = high0 ^ word3 ^ roundKey1;
    word3 = low0;
    roundKey0 = (roundKey0 + WEYL_0) | 0;
    roundKey1 = (roundKey1 + WEYL_1) | 0;
  }
  out[offset] = word0;
  out[offset + 1] = word1;
  out[offset + 2] = word2;
  out[offset + 3] = word3;
}
