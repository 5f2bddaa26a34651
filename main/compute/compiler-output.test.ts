/** @file MONGE_DEBUG: lines of whole programs at level 1, graphs at level 2, nothing else. */
import { afterEach, expect, it } from 'vitest';
import { float32, square, toOnnx, trace } from '../../native-models';
import { showCompilation } from './compiler-output';

afterEach(() => showCompilation(0));

function written(level: number): string {
  let text = '';
  showCompilation(level, (part) => (text += part));
  toOnnx(trace('small', { x: float32(2) }, ({ x }) => ({ y: square(x!) })));
  return text;
}

it('writes one line per step, and the graph from level 2 on', () => {
  expect(written(1)).toMatch(
    /^small: trace [\d.]+ ms, 1 nodes\nsmall: verify [\s\S]*small: encode .* bytes\n$/,
  );
  expect(written(1)).not.toContain('f32[2]');
  expect(written(2)).toContain('small(x: f32[2]) {\n');
  for (const level of [0, NaN]) expect(written(level)).toBe('');
});
