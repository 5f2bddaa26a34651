/** @file The ONNX codec: round trips, hostile bytes, 64-bit integers, unknown fields, and checks before writing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  adamw,
  constant,
  decodeModel,
  encodeModel,
  float32,
  tensorArray,
  tensorValues,
  toOnnx,
  trace,
  type ModelProto,
  type StoredArray,
  type TensorProto,
} from '..';
import { MongeError } from '../error';
import { writeElements } from '../io/elements';
import { codeOf } from '../testing/code-of';
import { toyProgram } from '../testing/toy-program';
import { printModel } from './print';

const sample = toyProgram(adamw(), 2).model;

/** Decoding may fail only with a coded error that names a byte. */
function decodesOrFailsWell(bytes: Uint8Array): void {
  try {
    decodeModel(bytes);
  } catch (thrown) {
    if (!(thrown instanceof MongeError)) throw thrown;
    expect(thrown.code).toMatch(/^onnx-/);
    expect(thrown.detail.where?.byte).toBeGreaterThanOrEqual(0);
  }
}

describe('decodeModel', () => {
  it('reads what toOnnx wrote, and encodeModel writes the same bytes', () => {
    const model = decodeModel(sample);
    expect(model).toMatchObject({ irVersion: 10, producerName: 'monge', opsetImport: [{ version: 21 }] });
    expect(encodeModel(model)).toEqual(sample);
  });

  it('fails with a code at every truncation', () => {
    for (let length = 0; length < sample.length; length++) decodesOrFailsWell(sample.subarray(0, length));
    expect(codeOf(() => decodeModel(sample.subarray(0, sample.length - 1)))).toBe('onnx-truncated');
    expect(codeOf(() => decodeModel(new Uint8Array()))).toBe('onnx-no-graph');
  });

  it('survives random bytes and random changes of a real model', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), decodesOrFailsWell), { seed: 1, numRuns: 500 });
    const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = sample.slice();
        for (const [position, value] of changes) bytes[position] = value;
        decodesOrFailsWell(bytes);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it.each([
    ['a length past the end', [0x3a, 0x7f], 'onnx-truncated'],
    ['a number without end', [0x08, ...new Array<number>(11).fill(0xff)], 'onnx-varint'],
    ['a group, which ONNX never uses', [0x3b], 'onnx-wire-type'],
    ['a graph stored as a number', [0x38, 0x01], 'onnx-wire-type'],
    ['field number 0', [0x00], 'onnx-tag'],
    ['a name that is not UTF-8', [0x12, 0x01, 0xff], 'onnx-text'],
    ['a length of 2^60', [0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], 'onnx-length'],
    ['text instead of a model', [...new TextEncoder().encode('x,y\n1,2\n')], 'onnx-'],
  ])('refuses %s', (_, bytes, code) => {
    expect(codeOf(() => decodeModel(Uint8Array.from(bytes)))).toContain(code);
  });

  it('refuses nesting that would exhaust the stack', () => {
    // A type of an optional of a type of …, each wrapped twice.
    let type = new Uint8Array();
    for (let depth = 0; depth < 2000; depth++) type = wrap(0x4a, wrap(0x0a, type));
    const graph = wrap(0x5a, wrap(0x12, type));
    expect(codeOf(() => decodeModel(wrap(0x3a, graph)))).toBe('onnx-depth');
  });

  it('keeps fields it does not know', () => {
    const extra = Uint8Array.of(0xf8, 0x07, 0x2a);
    const bytes = Uint8Array.from([...sample, ...extra]);
    expect(encodeModel(decodeModel(bytes))).toEqual(bytes);
  });

  it('keeps 64-bit integers exact: numbers where they fit, else bigints', () => {
    const ints = [0, 1, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 2n ** 63n - 1n, -(2n ** 63n)];
    const model: ModelProto = { graph: { node: [{ attribute: [{ name: 'a', type: 7, ints }] }] } };
    expect(decodeModel(encodeModel(model))).toEqual(model);
  });
});

describe('encodeModel', () => {
  it.each([
    ['a misspelt field', { graph: { nodes: [] } }],
    ['a string for bytes', { graph: { node: [{ attribute: [{ s: 'text' }] }] } }],
    ['floats for bytes', { graph: { initializer: [{ rawData: new Float32Array(1) }] } }],
    ['a fraction for an integer', { irVersion: 1.5 }],
    ['a number for a name', { producerName: 7 }],
    ['one value for a list', { opsetImport: { version: 1 } }],
  ])('refuses %s, which would be written as garbage', (_, model) => {
    expect(codeOf(() => encodeModel(model as unknown as ModelProto))).toBe('onnx-field');
  });
});

describe('tensors', () => {
  it('carry constants as raw bytes that read back', () => {
    const graph = trace('constants', { x: float32(3) }, ({ x }) => ({
      y: add(x!, constant([1, -0.5, 3e-8])),
    }));
    const [tensor] = decodeModel(toOnnx(graph)).graph!.initializer!;
    expect(tensor!.rawData).toHaveLength(12);
    expect([...tensorValues(tensor!).data]).toEqual([1, -0.5, Math.fround(3e-8)]);
  });

  it.each<[string, TensorProto, StoredArray['data'], StoredArray['dtype']?]>([
    ['uint8', { dataType: 2, int32Data: [0, 255] }, Uint8Array.of(0, 255)],
    ['int8', { dataType: 3, int32Data: [-128, 127] }, Int8Array.of(-128, 127)],
    ['uint16', { dataType: 4, int32Data: [1, 65535] }, Uint16Array.of(1, 65535)],
    ['int16', { dataType: 5, int32Data: [-32768, 7] }, Int16Array.of(-32768, 7)],
    ['int32', { dataType: 6, int32Data: [-1, 2 ** 31 - 1] }, Int32Array.of(-1, 2 ** 31 - 1)],
    ['int64', { dataType: 7, int64Data: [-1, 2n ** 62n] }, BigInt64Array.of(-1n, 2n ** 62n)],
    ['bool', { dataType: 9, int32Data: [0, 1] }, Uint8Array.of(0, 1), 'bool'],
    ['float16', { dataType: 10, int32Data: [0x3c00, 0xc000] }, Float32Array.of(1, -2), 'float16'],
    ['float64', { dataType: 11, doubleData: [0.1, -1e300] }, Float64Array.of(0.1, -1e300)],
    ['uint32', { dataType: 12, uint64Data: [0, 2 ** 32 - 1] }, Uint32Array.of(0, 2 ** 32 - 1)],
    ['uint64', { dataType: 13, uint64Data: [0, 2n ** 64n - 1n] }, BigUint64Array.of(0n, 2n ** 64n - 1n)],
    ['bfloat16', { dataType: 16, int32Data: [0x3f80, 0xff80] }, Float32Array.of(1, -Infinity), 'bfloat16'],
  ])('of %s are read from their field and from raw bytes', (_name, fields, data, dtype) => {
    const tensor = decodeModel(
      encodeModel({ graph: { initializer: [{ name: 'w', dims: [2, 1], ...fields }] } }),
    ).graph!.initializer![0]!;
    const expected: StoredArray = { data, shape: [2, 1], ...(dtype && { dtype }) };
    expect(tensorArray(tensor)).toEqual(expected);
    const raw = { dims: [2, 1], dataType: tensor.dataType, rawData: writeElements(expected) };
    expect(tensorArray(raw)).toEqual(expected);
    expect([...tensorValues(raw).data]).toEqual(Array.from(data, Number));
  });

  it('refuse values that do not fit their shape, are elsewhere, or have another type', () => {
    const code = (tensor: Parameters<typeof tensorValues>[0]) => codeOf(() => tensorValues(tensor));
    expect(code({ dataType: 1, dims: [2], rawData: new Uint8Array(7) })).toBe('onnx-tensor');
    expect(code({ dataType: 1, dims: [3], floatData: [1, 2] })).toBe('onnx-tensor');
    expect(code({ dataType: 1, dims: [-1] })).toBe('onnx-tensor');
    expect(code({ dataType: 1, dims: [2n ** 62n, 4] })).toBe('onnx-tensor');
    expect(code({ dataType: 10, dims: [1] })).toBe('onnx-tensor');
    expect(code({ dataType: 8, dims: [], stringData: [] })).toBe('onnx-tensor');
    expect(code({ dataType: 17, dims: [1], rawData: Uint8Array.of(1) })).toBe('onnx-tensor');
    expect(code({ dataType: 1, dims: [1], dataLocation: 1 })).toBe('onnx-tensor');
  });
});

it('models print readably, with loop bodies indented', () => {
  const text = printModel(decodeModel(sample));
  expect(text).toContain('model toy, opset 21');
  expect(text).toMatch(/^ {2}.*= Loop\(/m);
  expect(text).toMatch(/^ {4,}.*= Gemm\(.*transA=/m);
});

function wrap(tag: number, content: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const length: number[] = [];
  let rest = content.length;
  while (rest > 127) {
    length.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([tag, ...length, rest, ...content]);
}
