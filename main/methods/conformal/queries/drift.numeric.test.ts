/** @file The drift check: a later file under the sets of an earlier one. */
import { expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import type { openCompute } from '../../../compute/session';
import { asker, recorded, storedRun } from '../../testing';
import { conformal } from '../index';
import { csvDataset } from '../../../tables/testing';
import { settings } from '../testing';

/** Rows whose two targets follow a number and a word; `noise` scales their errors, `shift` moves the number. */
function table(seed: number, rows: number, { noise = 1, shift = 0, words = ['red', 'blue'] } = {}): string {
  const normal = stream(seed, 'test.drift').normal(new Float32Array(3 * rows));
  const lines = Array.from({ length: rows }, (_, row) => {
    const [x, word] = [normal[3 * row]! + shift, words[row % words.length]!];
    const base = word === 'red' ? 1 : 0;
    return [x, word, x + base + noise * normal[3 * row + 1]!, base - x + noise * normal[3 * row + 2]!].join(
      ',',
    );
  });
  return `x,colour,y,z\n${lines.join('\n')}\n`;
}

it('says where coverage and features have changed, and that nothing has where nothing did', async () => {
  const first = await csvDataset(table(1, 1200));
  const given = settings({ targets: ['y', 'z'], scores: ['mahalanobis', 'box'], repeats: 1 });
  const run = recorded({ seed: 1 });
  expect(await conformal.run(run.context, { table: first }, given as never)).toBe('done');
  const ask = async (second: string, score: string) => {
    const inputs = { table: first, second: await csvDataset(second) };
    return (await asker(conformal, storedRun(run, inputs, given))('drift', { score, alpha: 0.1 }))!;
  };
  for (const score of ['mahalanobis', 'box']) {
    const same = await ask(table(2, 800), score);
    expect(same.rows).toBe(800);
    expect(same.coverage).toBeGreaterThanOrEqual(same.band[0]);
    expect(same.features[0]!.p).toBeGreaterThan(1e-3);
    const louder = await ask(table(3, 800, { noise: 2 }), score);
    expect(louder.coverage).toBeLessThan(louder.band[0]);
    expect(louder.p).toBeLessThan(1e-6);
  }
  // Other words than the first file's, and a number that moved.
  const moved = await ask(table(4, 800, { shift: 1, words: ['red', 'green'] }), 'mahalanobis');
  expect(moved.features[0]!.p).toBeLessThan(1e-6);
  expect(moved.features.slice(0, 2).map(({ feature }) => feature)).toContain('x');
  await expect(ask('x,y,z\n1,2,3\n2,3,4\n3,1,2\n', 'box')).rejects.toMatchObject({ code: 'column-unknown' });
  await (run.context.compute as ReturnType<typeof openCompute>).close();
}, 60_000);
