/** @file The frame codec: what goes in comes out, and nothing else is let in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MongeError } from '../../native-models/error';
import { codeOf } from '../../native-models/testing/code-of';
import { decodeFrame, encodeFrame, packPortMessage, unpackPortMessage } from './wire';

const typedArray = fc.oneof(
  fc.int8Array(),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constantFrom(null, undefined, -0, NaN, Infinity, -Infinity),
    fc.bigInt(),
    typedArray,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$', '__proto__', '0', 'v')), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).value;

describe('encodeFrame and decodeFrame', () => {
  it('carry typed arrays beside ordinary values', () => {
    const answer = {
      axes: ['x', 'y'],
      points: Float32Array.of(1, 2, 3),
      rows: Uint32Array.of(7),
      labels: null,
    };
    expect(decodeFrame(encodeFrame(answer))).toEqual(answer);
  });

  it('return any sendable value unchanged, wherever the frame lies in memory', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 0, max: 9 }), (value, shift) => {
        const frame = encodeFrame(value);
        const pooled = new Uint8Array(frame.length + shift);
        pooled.set(frame, shift);
        expect(decodeFrame(pooled.subarray(shift))).toStrictEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('do not copy arrays of an aligned frame', () => {
    const frame = encodeFrame({ a: Uint8Array.of(1), b: Float64Array.of(2, 3) });
    const decoded = decodeFrame(frame) as { b: Float64Array };
    expect(decoded.b.buffer).toBe(frame.buffer);
  });

  it('carry an error as its detail, without its stack', () => {
    const detail = {
      code: 'csv-ragged',
      what: 'a row is short',
      where: { file: 'a.csv', row: 7 },
      help: 'Fix it.',
    };
    const frame = encodeFrame({ t: 's', e: new MongeError(detail) });
    const decoded = decodeFrame(frame) as { e: MongeError };
    expect(decoded.e).toBeInstanceOf(Error);
    expect(decoded.e.code).toBe('csv-ragged');
    expect(decoded.e.detail).toEqual(detail);
    expect(new TextDecoder().decode(frame)).not.toContain('wire.test');
  });

  it.each([
    ['a function', () => 0],
    ['a symbol', Symbol('s')],
    ['a map', new Map()],
    ['a date', new Date(0)],
    ['a data view', new DataView(new ArrayBuffer(8))],
  ])('refuse to send %s', (_name, value) => {
    expect(codeOf(() => encodeFrame({ value }))).toBe('unsendable');
  });

  it('refuse to send a cycle', () => {
    const ring: unknown[] = [];
    ring.push(ring);
    expect(codeOf(() => encodeFrame(ring))).toBe('unsendable');
  });
});

describe('a damaged frame', () => {
  /** A frame with any head and tail, as a hostile peer would write it. */
  function frame(head: string | Uint8Array, tail = new Uint8Array(), headLength?: number): Uint8Array {
    const bytes = typeof head === 'string' ? new TextEncoder().encode(head) : head;
    const start = Math.ceil((8 + bytes.length) / 8) * 8;
    const whole = new Uint8Array(start + tail.length);
    whole.set([0x4d, 0x4e, 0x47, 0x31]);
    new DataView(whole.buffer).setUint32(4, headLength ?? bytes.length, true);
    whole.set(bytes, 8);
    whole.set(tail, start);
    return whole;
  }

  it.each([
    ['empty', new Uint8Array()],
    ['with another mark', new TextEncoder().encode('MNG2............')],
    ['with a head longer than itself', frame('[1,[]]', undefined, 0xffffffff)],
    ['with a head that is no JSON', frame('[1,[')],
    ['with a head that is no UTF-8', frame(Uint8Array.of(0x5b, 0xff, 0xfe, 0x5d))],
    ['with a head of another shape', frame('{"value":1}')],
    ['with an unknown array kind', frame('[1,[["SharedArrayBuffer",8]]]', new Uint8Array(8))],
    ['with a negative length', frame('[{"$":"array","v":0},[["Uint8Array",-1]]]')],
    ['with a fractional length', frame('[{"$":"array","v":0},[["Uint8Array",0.5]]]', new Uint8Array(1))],
    ['with a length beyond its end', frame('[{"$":"array","v":0},[["Uint8Array",9]]]', new Uint8Array(8))],
    ['with half an element', frame('[{"$":"array","v":0},[["Float64Array",4]]]', new Uint8Array(4))],
    ['with bytes left over', frame('[1,[]]', new Uint8Array(8))],
    ['with an array nobody uses', frame('[1,[["Uint8Array",8]]]', new Uint8Array(8))],
    [
      'with an array used twice',
      frame('[[{"$":"array","v":0},{"$":"array","v":0}],[["Uint8Array",1]]]', new Uint8Array(1)),
    ],
    ['with an array index out of range', frame('[{"$":"array","v":3},[]]')],
    ['with an unknown tag', frame('[{"$":"function","v":"alert(1)"},[]]')],
    ['with more in a tag than its value', frame('[{"$":"undefined","x":1},[]]')],
    ['with a number that is none', frame('[{"$":"number","v":"12"},[]]')],
    ['with an error without code', frame('[{"$":"error","v":{"what":"x"}},[]]')],
    ['nested too deep', frame(`[${'['.repeat(200)}${']'.repeat(200)},[]]`)],
  ])('%s is refused', (_name, bytes) => {
    expect(codeOf(() => decodeFrame(bytes))).toBe('bad-frame');
  });

  it('larger than the limit is refused before it is read', () => {
    expect(codeOf(() => decodeFrame(encodeFrame('a long text'), 16))).toBe('bad-frame');
  });

  it('never does worse than bad-frame, whichever byte is changed', () => {
    const whole = encodeFrame({ a: [1, { $: 'x' }], b: Float32Array.of(1, 2), c: new Error('no') });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
        const changed = whole.slice(0, length);
        if (at < length) changed[at] = byte;
        const code = codeOf(() => decodeFrame(changed));
        expect(['bad-frame', 'nothing thrown']).toContain(code);
      }),
      { numRuns: 2000 },
    );
  });

  it('cannot reach the prototype', () => {
    const decoded = decodeFrame(frame('[{"__proto__":{"admin":true}},[]]')) as { admin?: boolean };
    expect(decoded.admin).toBeUndefined();
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });
});

describe('a message over a port', () => {
  it('keeps the detail that structured clone would lose', () => {
    const error = new MongeError({ code: 'run-unknown', what: 'no such run', where: { key: 'id' } });
    const crossed: unknown = structuredClone(packPortMessage({ t: 's', i: '1', e: error }));
    const { e } = unpackPortMessage(crossed) as { e: MongeError };
    expect(e.detail).toEqual(error.detail);
  });

  it('leaves everything else alone', () => {
    const message = { t: 's', i: '1', r: { points: Float32Array.of(1) } };
    expect(unpackPortMessage(structuredClone(packPortMessage(message)))).toEqual(message);
  });
});
