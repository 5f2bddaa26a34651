/** @file How a capture is cut up, whether it fits, and files whose head is written when all rows are there. */
import { describe, expect, it } from 'vitest';
import { decodeNpy, decodeSafetensors } from '../../../native-models';
import { checkFits } from '../../inference/for-methods/fits-on-disk';
import { recorded } from '../testing';
import { finishMatrix, writeRows } from './matrix-files';
import { estimatedBytes, stretchesOf } from './plan';
import { StretchRows } from './stretch';

const texts = (count: number, letters = 40) =>
  Array.from({ length: count }, () => ({ text: 'x'.repeat(letters) }));

describe('stretches', () => {
  it('hold every row once, in order, and no more than 32 batches', () => {
    const found = stretchesOf(texts(100), 64, { pool: 'mean', batch: 1, maxTokens: 0 });
    expect(found.map(({ from, to }) => to - from)).toEqual([32, 32, 32, 4]);
    expect(found.every(({ from }, k) => from === (found[k - 1]?.to ?? 0))).toBe(true);
  });

  it('stay within memory where every token is a row, one long text alone if need be', () => {
    const config = { pool: 'none', batch: 32, maxTokens: 0 } as const;
    const width = 1 << 14;
    const found = stretchesOf(texts(10, 1000), width, config);
    expect(found).toHaveLength(10);
    expect(stretchesOf(texts(10, 1000), width, { ...config, maxTokens: 100 }).length).toBeLessThan(3);
  });
});

it('refuses what does not fit on the disk', () => {
  const settings = { pool: 'mean', maxTokens: 0, format: 'both' } as const;
  const bytes = estimatedBytes(texts(1000), 576, settings);
  expect(bytes).toBe(1000 * 576 * 4 * 2);
  const advice = { key: 'hooks', help: 'capture fewer hooks' };
  expect(() => checkFits(bytes, 10 * bytes + 1e9, advice)).not.toThrow();
  expect(() => checkFits(bytes, bytes, advice)).toThrow(
    expect.objectContaining({ code: 'capture-too-large' }),
  );
});

it('writes rows in parts to files that other readers open', async () => {
  const { context, artifacts } = recorded();
  const hook = { id: 'resid_post:1', width: 3 };
  const formats = ['npy', 'safetensors'] as const;
  await writeRows(context, hook, formats, 0, Float32Array.of(1, 2, 3));
  await writeRows(context, hook, formats, 1, Float32Array.of(4, 5, 6, 7, 8, 9));
  await finishMatrix(context, hook, formats, 3);
  const npy = decodeNpy(artifacts.get('resid_post-1.npy')!);
  expect([npy.shape, ...npy.data]).toEqual([[3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const { arrays } = decodeSafetensors(artifacts.get('resid_post-1.safetensors')!);
  expect([...arrays['resid_post:1']!.data]).toEqual([...npy.data]);
});

describe('a stretch', () => {
  const batch = (rows: number[], tokens: number[]) => ({
    ...{ rows, tokens },
    values: { embed: Float32Array.from(rows.flatMap((row) => [row, -row])) },
  });

  it('puts batches that come longest first into the order of the data', () => {
    const stretch = new StretchRows(10, 13, { pooling: { kind: 'mean' }, first: false });
    stretch.add(batch([12, 10], [9, 5]));
    stretch.add(batch([11], [4]));
    expect([...stretch.matrix('embed')]).toEqual([10, -10, 11, -11, 12, -12]);
    expect([...stretch.tokens]).toEqual([5, 4, 9]);
    expect(stretch.matrixRows).toBe(3);
  });

  it.each([
    [{ kind: 'mean' }, 1],
    [{ kind: 'position', position: 3 }, 4],
    [{ kind: 'position', position: -3 }, 3],
  ] as const)('refuses a text without a token for %o', (pooling, tokens) => {
    const stretch = new StretchRows(0, 1, { pooling, first: false });
    expect(() => stretch.add(batch([0], [tokens]))).toThrow(
      expect.objectContaining({ code: 'text-too-short' }),
    );
    expect(() => stretch.add(batch([0], [tokens + 1]))).not.toThrow();
  });
});
