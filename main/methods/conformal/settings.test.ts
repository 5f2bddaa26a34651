/** @file What 0 and `auto` stand for, and what the presets lay out. */
import { describe, expect, it } from 'vitest';
import { config } from './config';
import { scoreSettings } from './settings';
import { referenceSizes } from '../../transport/rank/reference';

const chosen = (given: object, d = 2, rows = 500) => scoreSettings(config.parse({ ...given }), d, rows);

describe('settings that follow the data', () => {
  it('blur more in many dimensions and where few rows are fitted on', () => {
    expect([chosen({}).epsilon, chosen({}, 6).epsilon, chosen({}, 2, 50).epsilon]).toEqual([0.03, 0.1, 0.1]);
    expect(chosen({ epsilon: 0.2 }, 6).epsilon).toBe(0.2);
  });

  it('whiten from six targets on, unless told otherwise', () => {
    expect([chosen({}, 5).scaling, chosen({}, 6).scaling]).toEqual(['max', 'whiten']);
    expect(chosen({ scaling: 'q99' }, 6).scaling).toBe('q99');
  });

  it('take a tenth of few rows as neighbours, and the root of many', () => {
    expect([20, 1000, 9000].map((rows) => chosen({}, 2, rows).neighbours)).toEqual([10, 100, 95]);
  });
});

describe('presets', () => {
  it('lay out the reference as ott-jax and the paper do, without a guard', () => {
    const ott = chosen({ preset: 'ott' });
    expect(referenceSizes(ott)).toEqual({ radii: 91, directions: 90, originCopies: 2 });
    expect([ott.epsilon, ott.tailGuard, ott.scaling]).toEqual([0.1, false, 'max']);
    expect(chosen({ preset: 'paper' }).gridSize).toBe(32_768);
    expect(referenceSizes(chosen({ preset: 'ott', gridSize: 128 }))).toEqual({
      radii: 12,
      directions: 10,
      originCopies: 8,
    });
  });
});
