/**
 * @file Blocks of GGUF in the form that the runtime's quantised product takes, without loss: the same integers in another
 * order, one scale a block, and for types with a minimum one further number a block.
 *
 * The product (MatMulNBits without zero points) computes Σ_b d_b Σ_i x_i (q_i − z), z = 8 for 4 bits and 128 for 8. A block
 * `w = d q + m` is therefore that product plus S_b · (m_b + z d_b), where S_b is the sum of the block's inputs. A minimum
 * rounded to a zero point would be another model: the rounding is as large as the error of the quantisation itself.
 */
import { weightsIn } from '../../../io/blocks';
import { widen } from '../../../io/halves';
import { weightTypes, type WeightType } from '../../../io/weight-types';

/** Elements of a block of every form here. */
export const BLOCK = 32;

/** A matrix in blocks, row by row. */
export interface BlockForm {
  /** Of 4-bit forms pairs in a byte, element 2i in the low half; of 8-bit forms one each. */
  integers: Uint8Array;
  /** One a block. */
  scales: Float32Array;
  /** m + z d, one a block; null for types without a minimum. */
  offsets: Float32Array | null;
}

const fourBitTypes = ['Q4_0', 'Q4_1', 'Q4_K'] as const;
const eightBitTypes = ['Q8_0', 'Q5_0', 'Q5_1'] as const;
export type FourBitType = (typeof fourBitTypes)[number];
export type EightBitType = (typeof eightBitTypes)[number];

export function isFourBit(type: WeightType): type is FourBitType {
  return (fourBitTypes as readonly string[]).includes(type);
}

export function isEightBit(type: WeightType): type is EightBitType {
  return (eightBitTypes as readonly string[]).includes(type);
}

/** Whether blocks of this type have a minimum, so that their form has offsets. */
export function hasMinimum(type: WeightType): boolean {
  return type === 'Q4_1' || type === 'Q4_K' || type === 'Q5_1';
}

/** Exact 4-bit form of whole blocks. @throws `weight-bytes` where the bytes are no whole number of blocks */
export function fourBitForm(type: FourBitType, bytes: Uint8Array): BlockForm {
  return type === 'Q4_K' ? fromQ4K(bytes) : fromQ4(type, bytes);
}

/** Exact 8-bit form of whole blocks. @throws `weight-bytes` */
export function eightBitForm(type: EightBitType, bytes: Uint8Array): BlockForm {
  const { view, count, size } = blocksOf(type, bytes);
  const integers = new Uint8Array(count * BLOCK);
  if (type === 'Q8_0') {
    for (let b = 0, at = 2, to = 0; b < count; b++, at += size, to += BLOCK)
      // Two's complement to offset 128 is a change of the highest bit.
      for (let i = 0; i < BLOCK; i++) integers[to + i] = bytes[at + i]! ^ 0x80;
    return { integers, scales: halvesAt(view, count, size, 0), offsets: null };
  }
  const bits = type === 'Q5_0' ? 2 : 4;
  const base = type === 'Q5_0' ? 128 - 16 : 0;
  for (let b = 0, to = 0; b < count; b++, to += BLOCK) {
    const at = b * size + bits;
    const fifth = view.getUint32(at, true);
    for (let i = 0; i < 16; i++) {
      const byte = bytes[at + 4 + i]!;
      integers[to + i] = base + (byte & 15) + (((fifth >>> i) & 1) << 4);
      integers[to + i + 16] = base + (byte >> 4) + (((fifth >>> (i + 16)) & 1) << 4);
    }
  }
  const scales = halvesAt(view, count, size, 0);
  return {
    integers,
    scales,
    offsets: type === 'Q5_1' ? offsetsOf(scales, halvesAt(view, count, size, 2), 128) : null,
  };
}

/**
 * An 8-bit form as two 4-bit forms whose products add up to its own: q − 128 = 16 (h − 8) + l. The low half has zero
 * points 0, the high one none. For level 0, where the runtime's 8-bit product is twelve times slower than fp32.
 */
export function twoFourBitForms({ integers, scales }: BlockForm): { high: BlockForm; low: BlockForm } {
  const pairs = integers.length / 2;
  const high = new Uint8Array(pairs);
  const low = new Uint8Array(pairs);
  for (let k = 0; k < pairs; k++) {
    const even = integers[2 * k]!;
    const odd = integers[2 * k + 1]!;
    high[k] = (even >> 4) | (odd & 0xf0);
    low[k] = (even & 15) | ((odd & 15) << 4);
  }
  return {
    high: { integers: high, scales: scales.map((scale) => 16 * scale), offsets: null },
    low: { integers: low, scales, offsets: null },
  };
}

/** Values rounded to 8 bits with one scale a block, as Q8_0 has them: a change of the model, for chat only. */
export function requantised(values: Float32Array): BlockForm {
  const count = values.length / BLOCK;
  const integers = new Uint8Array(values.length);
  const scales = new Float32Array(count);
  for (let b = 0, at = 0; b < count; b++, at += BLOCK) {
    let most = 0;
    for (let i = at; i < at + BLOCK; i++) most = Math.max(most, Math.abs(values[i]!));
    const scale = Math.fround(most / 127);
    scales[b] = scale;
    for (let i = at; i < at + BLOCK; i++)
      integers[i] = scale === 0 ? 128 : 128 + Math.round(values[i]! / scale);
  }
  return { integers, scales, offsets: null };
}

/** Q4_0 `d (q − 8)` and Q4_1 `d q + m`: the low halves of 16 bytes are elements 0 … 15, the high ones 16 … 31. */
function fromQ4(type: 'Q4_0' | 'Q4_1', bytes: Uint8Array): BlockForm {
  const { view, count, size } = blocksOf(type, bytes);
  const integers = new Uint8Array(count * 16);
  for (let b = 0, at = size - 16, to = 0; b < count; b++, at += size, to += 16)
    for (let i = 0; i < 8; i++) {
      const even = bytes[at + 2 * i]!;
      const odd = bytes[at + 2 * i + 1]!;
      integers[to + i] = (even & 15) | ((odd & 15) << 4);
      integers[to + i + 8] = (even >> 4) | (odd & 0xf0);
    }
  const scales = halvesAt(view, count, size, 0);
  return {
    integers,
    scales,
    offsets: type === 'Q4_1' ? offsetsOf(scales, halvesAt(view, count, size, 2), 8) : null,
  };
}

/**
 * Q4_K: 256 elements with d and d_min, and for each 32 of them six bits of scale and six of minimum:
 * `w = d scale q − d_min minimum`. Bytes hold elements of two neighbouring groups of 32.
 */
function fromQ4K(bytes: Uint8Array): BlockForm {
  const { view, count, size } = blocksOf('Q4_K', bytes);
  const integers = new Uint8Array(count * 128);
  const scales = new Float32Array(count * 8);
  const minima = new Float32Array(count * 8);
  const d = halvesAt(view, count, size, 0);
  const dMin = halvesAt(view, count, size, 2);
  for (let b = 0; b < count; b++) {
    const packed = b * size + 4;
    const nibbles = packed + 12;
    for (let group = 0; group < 8; group++) {
      const [scale, minimum] = sixBits(bytes, packed, group);
      scales[b * 8 + group] = d[b]! * scale;
      minima[b * 8 + group] = -dMin[b]! * minimum;
      const at = nibbles + 32 * (group >> 1);
      const shift = 4 * (group & 1);
      const to = b * 128 + group * 16;
      for (let i = 0; i < 16; i++) {
        const even = (bytes[at + 2 * i]! >> shift) & 15;
        integers[to + i] = even | (((bytes[at + 2 * i + 1]! >> shift) & 15) << 4);
      }
    }
  }
  return { integers, scales, offsets: offsetsOf(scales, minima, 8) };
}

/** Scale and minimum of one of eight groups out of twelve bytes: the last four groups' upper bits lie with the first four. */
function sixBits(bytes: Uint8Array, at: number, group: number): [number, number] {
  if (group < 4) return [bytes[at + group]! & 63, bytes[at + group + 4]! & 63];
  const low = bytes[at + group + 4]!;
  const upperScale = bytes[at + group - 4]! >> 6;
  const upperMinimum = bytes[at + group]! >> 6;
  return [(low & 15) | (upperScale << 4), (low >> 4) | (upperMinimum << 4)];
}

function offsetsOf(scales: Float32Array, minima: Float32Array, zero: number): Float32Array {
  return minima.map((minimum, b) => minimum + zero * scales[b]!);
}

function halvesAt(view: DataView, count: number, size: number, offset: number): Float32Array {
  const bits = new Uint16Array(count);
  for (let b = 0; b < count; b++) bits[b] = view.getUint16(b * size + offset, true);
  return widen('float16', bits);
}

function blocksOf(type: WeightType, bytes: Uint8Array) {
  const { bytes: size, elements } = weightTypes[type];
  const count = weightsIn(type, bytes.length) / elements;
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), count, size };
}
