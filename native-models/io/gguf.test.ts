/** @file The head of a GGUF file is read without its values, and every kind of damage is a coded error in bounded time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MongeError } from '../error';
import { ggufBytes, memorySource, type MadeGguf, type MadeTensor } from '../testing/gguf-bytes';
import { isGgufHead, readGguf } from './gguf';

const tensors: MadeTensor[] = [
  { name: 'token_embd.weight', type: 'Q8_0', shape: [4, 64] },
  { name: 'output_norm.weight', type: 'F32', shape: [64] },
  { name: 'blk.0.attn_q.weight', type: 'Q4_1', shape: [64, 64] },
];
const metadata = {
  'general.architecture': 'llama',
  'llama.block_count': 1,
  'llama.epsilon': -0.5,
  'tokenizer.tokens': ['a', 'Ġthe', '', 'a rather long token of many letters'],
  'tokenizer.scores': Float32Array.of(0.25, -1),
  'tokenizer.types': Int32Array.of(1, 3),
  'tokenizer.add_bos': false,
};

async function detailOf(file: Uint8Array | MadeGguf) {
  const bytes = file instanceof Uint8Array ? file : ggufBytes(file);
  try {
    await readGguf(memorySource(bytes));
  } catch (thrown) {
    if (thrown instanceof MongeError) return thrown.detail;
    throw thrown;
  }
  throw new Error('nothing thrown');
}

describe('a sound file', () => {
  it.each([2, 3] as const)('of version %i tells its metadata and where the tensors lie', async (version) => {
    const bytes = ggufBytes({ version, metadata, tensors });
    const index = await readGguf(memorySource(bytes));
    expect(index.version).toBe(version);
    expect(Object.fromEntries(index.metadata)).toEqual(metadata);
    expect(index.tensors.map(({ name, type, shape }) => ({ name, type, shape }))).toEqual(tensors);
    expect(index.tensors.map(({ from, to }) => to - from)).toEqual([4 * 2 * 34, 256, 64 * 2 * 20]);
    expect(index.tensors.every(({ from }) => from % 32 === 0)).toBe(true);
    expect(index.tensors.at(-1)!.to).toBe(bytes.length);
    expect(isGgufHead(bytes)).toBe(true);
    expect(isGgufHead(bytes.subarray(1))).toBe(false);
  });

  it('of any size is read no further than its head', async () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `tokenŁ${i}`);
    const whole = ggufBytes({
      metadata: { ...metadata, many },
      tensors: [{ name: 'big', type: 'F32', shape: [2 ** 20, 4] }],
    });
    const source = memorySource(whole);
    const index = await readGguf(source);
    expect(index.metadata.get('many')).toEqual(many);
    expect(source.bytesRead).toBeLessThan(index.tensors[0]!.from + 2 ** 20);
  });

  it('keeps 64-bit numbers exact, and arrays in arrays', async () => {
    const long = { type: 10, bytes: new Uint8Array(BigUint64Array.of(2n ** 60n + 1n).buffer) };
    const short = { type: 11, bytes: new Uint8Array(BigInt64Array.of(-7n).buffer) };
    // An array of one array of two bytes.
    const nested = {
      type: 9,
      bytes: Uint8Array.from([9, 0, 0, 0, 1, ...zeros(7), 0, 0, 0, 0, 2, ...zeros(7), 5, 6]),
    };
    const index = await readGguf(memorySource(ggufBytes({ metadata: { long, short, nested } })));
    expect(index.metadata.get('long')).toBe(2n ** 60n + 1n);
    expect(index.metadata.get('short')).toBe(-7);
    expect(index.metadata.get('nested')).toEqual([Uint8Array.of(5, 6)]);
  });
});

describe('a damaged file', () => {
  const one = (change: Partial<MadeTensor>): MadeGguf => ({
    metadata,
    tensors: [tensors[0]!, { ...tensors[1]!, ...change }],
  });
  const raw = (type: number, bytes: number[]): MadeGguf => ({
    metadata: { key: { type, bytes: Uint8Array.from(bytes) } },
  });
  const most = [255, 255, 255, 255, 255, 255, 255, 127];

  it.each([
    ['no content', new Uint8Array(0), 'gguf-magic'],
    ['another format', new TextEncoder().encode('PK\u0003\u0004 and so on'), 'gguf-magic'],
    ['a big-endian file', Uint8Array.from([71, 71, 85, 70, 0, 0, 0, 3, ...zeros(16)]), 'gguf-byte-order'],
    ['version 1', { version: 1 }, 'gguf-version'],
    ['version 9', { version: 9 }, 'gguf-version'],
    ['a head cut short', ggufBytes({ metadata, tensors }).subarray(0, 90), 'gguf-count'],
    [
      'absurdly many tensors',
      Uint8Array.from([71, 71, 85, 70, 3, 0, 0, 0, ...most, ...zeros(8)]),
      'gguf-count',
    ],
    [
      'absurdly many entries',
      Uint8Array.from([71, 71, 85, 70, 3, 0, 0, 0, ...zeros(8), ...most]),
      'gguf-count',
    ],
    ['an absurd string', raw(8, most), 'gguf-length'],
    ['an absurd array', raw(9, [4, 0, 0, 0, ...most]), 'gguf-count'],
    ['an absurd array of strings', raw(9, [8, 0, 0, 0, ...most]), 'gguf-count'],
    ['an unknown type of value', raw(13, [0]), 'gguf-value-type'],
    ['an unknown type of elements', raw(9, [77, 0, 0, 0, 1, ...zeros(7)]), 'gguf-value-type'],
    [
      'arrays without end in one another',
      raw(9, Array.from({ length: 50 }, () => [9, 0, 0, 0, 1, ...zeros(7)]).flat()),
      'gguf-value-type',
    ],
    ['an alignment of 0', { metadata: { 'general.alignment': 0 } }, 'gguf-alignment'],
    ['an alignment in words', { metadata: { 'general.alignment': '32' } }, 'gguf-alignment'],
  ])('with %s', async (_, file, code) => {
    expect(await detailOf(file)).toMatchObject({ code, blame: 'input', where: { file: 'made.gguf' } });
  });

  it.each([
    ['a type that is not read', one({ typeNumber: 16 }), 'gguf-tensor-type'],
    ['a type that nobody knows', one({ typeNumber: 999 }), 'gguf-tensor-type'],
    [
      'rows of no whole blocks',
      one({ type: 'Q4_0', shape: [4, 31], bytes: new Uint8Array(64) }),
      'gguf-shape',
    ],
    ['absurd sizes', one({ shape: [2 ** 52, 2 ** 52, 2 ** 52], bytes: new Uint8Array(64) }), 'gguf-shape'],
    ['too many sizes', one({ shape: [1, 1, 1, 1, 64] }), 'gguf-shape'],
    ['an offset off the alignment', one({ offset: 273n }), 'gguf-offset'],
    ['an offset beyond the end', one({ offset: 2n ** 63n }), 'gguf-offset'],
    ['an offset inside another tensor', one({ offset: 32n }), 'gguf-offset'],
    ['the name of another tensor', one({ name: 'token_embd.weight' }), 'gguf-tensor'],
  ])('names the tensor with %s and its byte', async (_, file, code) => {
    const detail = await detailOf(file);
    expect(detail.code).toBe(code);
    expect(detail.where!.tensor).toMatch(/^(output_norm|token_embd)\.weight$/);
    expect(detail.where!.byte).toBeGreaterThan(24);
  });

  it('that ends inside its last tensor says so', async () => {
    const whole = ggufBytes({ metadata, tensors });
    const detail = await detailOf(whole.subarray(0, whole.length - 1));
    expect(detail).toMatchObject({ code: 'gguf-offset', where: { tensor: 'blk.0.attn_q.weight' } });
  });

  it('of whatever kind is a coded error, soon', async () => {
    const whole = ggufBytes({ metadata, tensors });
    const head = whole.length - 4 * 68 - 256 - 64 * 40;
    const change = fc.record({ at: fc.nat(head - 1), value: fc.nat(255) });
    const damage = fc.tuple(fc.array(change, { maxLength: 6 }), fc.option(fc.nat(whole.length)));
    await fc.assert(
      fc.asyncProperty(damage, async ([changes, cut]) => {
        const bytes = whole.slice(0, cut ?? whole.length);
        for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
        const started = performance.now();
        const code = await readGguf(memorySource(bytes)).then(
          () => 'gguf-sound',
          (thrown: unknown) => (thrown instanceof MongeError ? thrown.code : String(thrown)),
        );
        expect(code).toMatch(/^gguf-/);
        expect(performance.now() - started).toBeLessThan(2000);
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}
