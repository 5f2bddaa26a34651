/** @file The 16-bit floating-point formats, to numbers and back: IEEE 754 half precision and bfloat16. */

interface Format {
  exponentBits: number;
  fractionBits: number;
}
const half: Format = { exponentBits: 5, fractionBits: 10 };
const bfloat16: Format = { exponentBits: 8, fractionBits: 7 };

/** IEEE 754 half precision: 1 sign, 5 exponent (bias 15) and 10 fraction bits. */
export function halfToNumber(bits: number): number {
  return decode(bits, half);
}

/** bfloat16: the upper half of a float32. */
export function bfloat16ToNumber(bits: number): number {
  return decode(bits, bfloat16);
}

/** The nearest half, ties to even; beyond 65520 infinity. Every NaN becomes the quiet one. */
export function numberToHalf(value: number): number {
  return encode(value, half);
}

/** The nearest bfloat16, ties to even, rounded once even where the value is a double. */
export function numberToBfloat16(value: number): number {
  return encode(value, bfloat16);
}

let halves: Float32Array | undefined;

/** All 65,536 halves by their bits, so that many are widened by looking up; made at the first use. */
export function halfTable(): Float32Array {
  return (halves ??= Float32Array.from({ length: 0x10000 }, (_, pattern) => halfToNumber(pattern)));
}

/** 16-bit patterns as float32, which holds every value of either format exactly. */
export function widen(type: 'float16' | 'bfloat16', bits: Uint16Array): Float32Array {
  if (type === 'bfloat16') {
    const upper = new Uint32Array(bits.length);
    for (let i = 0; i < bits.length; i += 1) upper[i] = bits[i]! << 16;
    return new Float32Array(upper.buffer);
  }
  const table = halfTable();
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) values[i] = table[bits[i]!]!;
  return values;
}

/** Numbers rounded to 16-bit patterns. */
export function narrow(type: 'float16' | 'bfloat16', values: Float32Array | Float64Array): Uint16Array {
  const format = type === 'float16' ? half : bfloat16;
  if (type === 'bfloat16' && values instanceof Float32Array) return upperHalves(values);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i += 1) bits[i] = encode(values[i]!, format);
  return bits;
}

/**
 * The upper halves of float32 by their bits alone, ties to even; a carry runs into the exponent, and at its end to infinity.
 * A thread in which the runtime computed may read subnormal float32 as zero, so no number is read.
 */
function upperHalves(values: Float32Array): Uint16Array {
  const whole = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < whole.length; i += 1) {
    const pattern = whole[i]!;
    const isNaN = (pattern & 0x7fffffff) > 0x7f800000;
    bits[i] = isNaN ? 0x7fc0 : (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;
  }
  return bits;
}

function decode(bits: number, { exponentBits, fractionBits }: Format): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits & 0x7fff) >> fractionBits;
  const fraction = bits & (2 ** fractionBits - 1);
  if (exponent === 2 * bias + 1) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (2 ** fractionBits + fraction) * 2 ** (exponent - bias - fractionBits);
}

const scratch = new DataView(new ArrayBuffer(8));

function encode(value: number, { exponentBits, fractionBits }: Format): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const infinity = (2 * bias + 1) << fractionBits;
  if (Number.isNaN(value)) return infinity | (1 << (fractionBits - 1));
  scratch.setFloat64(0, value);
  const upper = scratch.getUint32(0);
  const sign = upper >>> 31 === 1 ? 0x8000 : 0;
  // Below the smallest normal number the spacing no longer shrinks.
  const exponent = Math.max(((upper >>> 20) & 0x7ff) - 1023, 1 - bias);
  if (exponent > bias) return sign | infinity;
  // Scaling by a power of two is exact, so this rounds once. A carry runs into the exponent, and at its end to infinity.
  const units = roundToEven(Math.abs(value) * 2 ** (fractionBits - exponent));
  return sign | (((exponent + bias - 1) << fractionBits) + units);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
