/** @file External weights: out of a model and back in without loss, at aligned places, and places that make no sense refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeModel,
  encodeModel,
  externalise,
  externalSpans,
  inlineExternal,
  tensorArray,
  type ModelProto,
  type TensorProto,
} from '..';
import { MongeError } from '../error';
import { elementBytes, readElements, writeElements, type ElementType } from '../io/elements';
import { codeOf } from '../testing/code-of';
import { elementNumbers } from './element-types';

const raw = (name: string, bytes: number): TensorProto => ({
  name,
  dataType: 1,
  dims: [bytes / 4],
  rawData: Uint8Array.from({ length: bytes }, (_, i) => i % 251),
});

/** Weights of several sizes, one in a loop body, one in a constant node. */
const model: ModelProto = {
  irVersion: 10,
  graph: {
    initializer: [
      raw('large', 4100),
      raw('small', 8),
      { name: 'typed', dataType: 1, dims: [300], floatData: Array<number>(300).fill(0.5) },
    ],
    node: [
      {
        opType: 'Constant',
        output: ['c'],
        attribute: [{ name: 'value', type: 4, t: raw('constant', 2000) }],
      },
      { opType: 'Loop', attribute: [{ name: 'body', type: 5, g: { initializer: [raw('inner', 1024)] } }] },
    ],
  },
};

describe('externalise', () => {
  const { model: outside, data } = externalise(model, { location: 'model.onnx.data' });

  it('moves initialisers from the threshold on, each to a page of its own', () => {
    expect(externalSpans(outside)).toEqual([
      { tensor: 'large', location: 'model.onnx.data', offset: 0, length: 4100 },
      { tensor: 'typed', location: 'model.onnx.data', offset: 8192, length: 1200 },
      { tensor: 'inner', location: 'model.onnx.data', offset: 12288, length: 1024 },
    ]);
    expect(data).toHaveLength(12288 + 1024);
    expect(encodeModel(outside).length).toBeLessThan(encodeModel(model).length - 6000);
    expect(externalSpans(model), 'the given model is as it was').toEqual([]);
  });

  it('is undone by inlineExternal, through bytes', () => {
    const read = decodeModel(encodeModel(outside));
    const inside = inlineExternal(read, ({ offset, length }) => data.subarray(offset, offset + length));
    const values = (source: ModelProto) => source.graph!.initializer!.map(tensorArray);
    expect(values(inside)).toEqual(values(model));
    expect(inside.graph!.node![1]).toEqual(model.graph!.node![1]);
    expect(externalSpans(inside)).toEqual([]);
  });

  it('gives back any tensor of any type', () => {
    const anyTensor = fc
      .tuple(
        fc.constantFrom(...(Object.keys(elementBytes) as ElementType[])),
        fc.uint8Array({ maxLength: 64 }),
      )
      .map(([type, bytes]): TensorProto => {
        const array = readElements(
          type,
          bytes.subarray(0, bytes.length - (bytes.length % elementBytes[type])),
        );
        return {
          dataType: elementNumbers[type],
          dims: [...array.shape],
          rawData: writeElements(array).slice(),
        };
      });
    fc.assert(
      fc.property(fc.array(anyTensor, { maxLength: 5 }), (tensors) => {
        const initializer = tensors.map((tensor, i) => ({ name: `w${i}`, ...tensor }));
        const moved = externalise({ graph: { initializer } }, { location: 'd', threshold: 0 });
        const back = inlineExternal(decodeModel(encodeModel(moved.model)), ({ offset, length }) =>
          moved.data.subarray(offset, offset + length),
        );
        expect((back.graph!.initializer ?? []).map(tensorArray)).toEqual(initializer.map(tensorArray));
      }),
      { seed: 9, numRuns: 200 },
    );
  });
});

it('damaged bytes are read, or refused with a code, and never make more of themselves', () => {
  const { model: outside, data } = externalise(model, { location: 'd', threshold: 1500 });
  const sample = encodeModel(outside);
  const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const bytes = sample.slice();
      for (const [position, value] of changes) bytes[position] = value;
      try {
        const read = decodeModel(bytes);
        const inside = inlineExternal(read, ({ offset, length }) => data.subarray(offset, offset + length));
        for (const tensor of inside.graph?.initializer ?? [])
          expect(tensorArray(tensor).data.length).toBeLessThanOrEqual(bytes.length + data.length);
      } catch (thrown) {
        if (!(thrown instanceof MongeError)) throw thrown;
      }
    }),
    { seed: 10, numRuns: 2000 },
  );
});

describe('a place that makes no sense', () => {
  const at = (places: Record<string, string>, dims = [2]): ModelProto => ({
    graph: {
      initializer: [
        {
          name: 'w',
          dataType: 1,
          dims,
          dataLocation: 1,
          externalData: Object.entries(places).map(([key, value]) => ({ key, value })),
        },
      ],
    },
  });

  it('may leave out offset and length', () => {
    expect(externalSpans(at({ location: 'd' }))).toEqual([
      { tensor: 'w', location: 'd', offset: 0, length: 8 },
    ]);
  });

  it.each<[string, Record<string, string>, number[]?]>([
    ['no location', { offset: '0' }],
    ['an empty location', { location: '' }],
    ['a negative offset', { location: 'd', offset: '-4' }],
    ['an offset of words', { location: 'd', offset: 'four' }],
    ['an offset beyond all numbers', { location: 'd', offset: '9999999999999999' }],
    ['a length that does not fit the shape', { location: 'd', length: '4' }],
    ['a shape beyond all numbers', { location: 'd' }, [2 ** 50, 2 ** 50]],
  ])('%s', (_what, places, dims) => {
    expect(codeOf(() => externalSpans(at(places, dims)))).toBe('external-invalid');
  });
});
