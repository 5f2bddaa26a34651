/** @file What a view draws of one unit, against the fit of its hook. */
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../native-models/testing/code-of';
import { fitHook } from './fit';
import { identityMap } from './map';
import { normalRows, randomSides } from './testing/sides';
import { unitView } from './unit-view';

const options = { method: 'linear-act', seed: 2 } as const;
const sum = (counts: Uint32Array) => counts.reduce((all, count) => all + count, 0);

describe('unitView', () => {
  const sides = { source: normalRows(3, 'source', 100, 5), target: normalRows(3, 'target', 80, 5) };
  const { map, fits } = fitHook('resid_post:2', sides, { ...options, support: 'q_0_100' });

  it('shows what was fitted: the same texts, line and figures', () => {
    for (let unit = 0; unit < 5; unit++) {
      const view = unitView(map, sides, unit, options);
      expect(view.distances).toEqual({ before: fits.before[unit], after: fits.after[unit] });
      expect([view.score, view.auroc]).toEqual([fits.score[unit], fits.auroc[unit]]);
      expect(Math.fround(view.lines.linear.w)).toBe(view.map.w);
      expect(view.lines.mean.w).toBe(1);
      expect(view.lines.gaussian.w).toBeGreaterThanOrEqual(view.lines.linear.w);
      expect([sum(view.source), sum(view.target), sum(view.pushed)]).toEqual([80, 80, 80]);
      expect([...view.exact.to]).toEqual([...view.pairs.target]);
      expect(view.support).toEqual({ lo: view.pairs.source[0], hi: view.pairs.source[79] });
    }
  });

  it('says whether chance would fit such a line', () => {
    expect(unitView(map, randomSides(64, 5), 0, options).band.inside).toBe(false);
    const same = { source: sides.source, target: { ...sides.source } };
    expect(unitView(identityMap('a', 5), same, 0, options).band.inside).toBe(true);
  });

  it('refuses units that are none', () => {
    expect(codeOf(() => unitView(map, sides, 5, options))).toBe('steering-unit');
    expect(codeOf(() => unitView(map, sides, 0.5, options))).toBe('steering-unit');
    expect(codeOf(() => unitView(identityMap('a', 4), sides, 0, options))).toBe('steering-unit');
  });
});
