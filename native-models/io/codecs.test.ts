/** @file Properties of the array codecs: what is written comes back, and no bytes crash them or make them ask for much memory. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MongeError } from '../error';
import {
  elementBytes,
  elementTypeOf,
  readElements,
  writeElements,
  type ElementType,
  type StoredArray,
} from './elements';
import { decodeNpy, decodeNpz, encodeNpy, encodeNpz } from './npy';
import { decodeSafetensors, encodeSafetensors } from './safetensors';

const types = Object.keys(elementBytes) as ElementType[];

/** Any bits of any type; NaNs of 16-bit types are canonical already after one reading. */
const anyArray: fc.Arbitrary<StoredArray> = fc
  .record({
    type: fc.constantFrom(...types),
    shape: fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
    seed: fc.infiniteStream(fc.nat({ max: 255 })),
  })
  .map(({ type, shape, seed }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const bytes = Uint8Array.from(seed.take(count * elementBytes[type]));
    return { ...readElements(type, bytes), shape };
  });
const anyArrays = fc.dictionary(fc.string({ maxLength: 12 }), anyArray, { maxKeys: 5 });

it('elements, safetensors and NPY give back every array, bit for bit', () => {
  fc.assert(
    fc.property(anyArray, (array) => {
      const type = elementTypeOf(array);
      expect({ ...readElements(type, writeElements(array)), shape: array.shape }).toEqual(array);
      expect(decodeSafetensors(encodeSafetensors({ x: array })).arrays['x']).toEqual(array);
      const plain = type === 'bfloat16' ? { data: array.data, shape: array.shape } : array;
      expect(decodeNpy(encodeNpy(array))).toEqual(plain);
    }),
    { seed: 4, numRuns: 400 },
  );
});

it('files of many arrays give back every name', () => {
  fc.assert(
    fc.property(anyArrays, (arrays) => {
      fc.pre(!Object.hasOwn(arrays, '__metadata__'));
      expect(Object.entries(decodeSafetensors(encodeSafetensors(arrays)).arrays).length).toBe(
        Object.keys(arrays).length,
      );
      expect(decodeSafetensors(encodeSafetensors(arrays)).arrays).toEqual({ ...arrays });
    }),
    { seed: 5, numRuns: 150 },
  );
});

/** Refused with a code or read; a RangeError of an array of too many values would be neither. */
function decodesOrFailsWell(
  decode: (bytes: Uint8Array) => Record<string, StoredArray>,
  bytes: Uint8Array,
): void {
  let held = 0;
  try {
    for (const { data } of Object.values(decode(bytes))) held += data.length;
  } catch (thrown) {
    if (!(thrown instanceof MongeError)) throw thrown;
  }
  // Deflate expands up to 1,032 times; nothing else may expand at all.
  expect(held).toBeLessThanOrEqual(bytes.length * 1100);
}

const base = {
  a: { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] },
  b: { data: BigInt64Array.of(7n), shape: [] },
};
const decoders = [
  { decode: (bytes: Uint8Array) => decodeSafetensors(bytes).arrays, sample: encodeSafetensors(base) },
  { decode: (bytes: Uint8Array) => ({ x: decodeNpy(bytes) }), sample: encodeNpy(base.a) },
  { decode: (bytes: Uint8Array) => decodeNpz(bytes), sample: encodeNpz(base) },
];

it('no truncation, random bytes or changed bytes get past a coded error', () => {
  for (const { decode, sample } of decoders) {
    for (let length = 0; length < sample.length; length += 1)
      decodesOrFailsWell(decode, sample.subarray(0, length));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => decodesOrFailsWell(decode, bytes)),
      { seed: 6, numRuns: 300 },
    );
    const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = sample.slice();
        for (const [position, value] of changes) bytes[position] = value;
        decodesOrFailsWell(decode, bytes);
      }),
      { seed: 7, numRuns: 1500 },
    );
  }
});

it('headers that promise terabytes are refused before anything is allocated', () => {
  const size = fc.integer({ min: 2, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 6 }), fc.constantFrom(...types), (shape, type) => {
      fc.pre(shape.some((length) => length > 1000));
      const json = JSON.stringify({
        x: { dtype: type === 'float32' ? 'F32' : 'U8', shape, data_offsets: [0, 2 ** 45] },
      });
      const safetensors = new Uint8Array(8 + json.length + 16);
      new DataView(safetensors.buffer).setBigUint64(0, BigInt(json.length), true);
      safetensors.set(new TextEncoder().encode(json), 8);
      expect(() => decodeSafetensors(safetensors)).toThrow(MongeError);
      const text = `{'descr': '<f8', 'fortran_order': True, 'shape': (${shape.join(', ')},)}`;
      const npy = Uint8Array.from([
        0x93,
        0x4e,
        0x55,
        0x4d,
        0x50,
        0x59,
        1,
        0,
        text.length,
        0,
        ...new TextEncoder().encode(text),
      ]);
      expect(() => decodeNpy(npy)).toThrow(MongeError);
    }),
    { seed: 8, numRuns: 200 },
  );
});
