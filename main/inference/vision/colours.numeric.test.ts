/** @file Colours of patches: the convention of signs, the scale, and recipes that are kept and read again. */
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../native-models/testing/code-of';
import { stream } from '../../../native-models';
import { openCompute } from '../../compute/session';
import { colouredBy, fitColours, signed } from './colours';
import { readRecipe, recipeText } from './recipe';

const origin = {
  model: { name: 'tiny', sha256: 'ab'.repeat(32) },
  ...{ hook: 'resid_post:1', preprocessing: ['as it is'], leftOut: 'class token' },
};
const states = (seed: number, rows = 40, columns = 6) => {
  const data = stream(seed, 'patches').normal(new Float32Array(rows * columns));
  return { data: data.map((value, at) => value * (1 + (at % columns))), rows, columns };
};
const picture = (seed: number) => ({ name: `${seed}.png`, sha256: 'cd'.repeat(32), states: states(seed) });

async function fitted(...seeds: number[]) {
  const compute = openCompute({ threads: 1 });
  try {
    return await fitColours(compute, seeds.map(picture), origin);
  } finally {
    await compute.close();
  }
}

describe('signed', () => {
  it('makes the entry of largest size positive, the first of equal ones', () => {
    expect(signed([0.1, -0.9, 0.3])).toEqual([-0.1, 0.9, -0.3]);
    expect(signed([0.1, 0.9, -0.3])).toEqual([0.1, 0.9, -0.3]);
    expect(signed([-0.5, 0.5, 0])).toEqual([0.5, -0.5, 0]);
  });
});

describe('patch colours', () => {
  it('are those of the three components with the most variance, each with its largest entry positive', async () => {
    const recipe = await fitted(1, 2);
    expect(recipe.patches).toBe(80);
    for (const axis of recipe.axes) {
      expect(Math.hypot(...axis)).toBeCloseTo(1, 10);
      const largest = axis.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
      expect(largest).toBeGreaterThan(0);
    }
    expect(recipe.variances).toEqual(recipe.variances.toSorted((a, b) => b - a));
  });

  it('are 0 and 255 at the ends of the scale', () => {
    const axes: [number[], number[], number[]] = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const scale = { low: [0, 0, 5] as const, high: [2, 4, 5] as const };
    const data = Float32Array.of(0, 0, 0, 2, 4, 9, 1, 5, 0);
    const made = colouredBy(
      { mean: [0, 0, 0], axes, scale: { low: [...scale.low], high: [...scale.high] } },
      { data, rows: 3, columns: 3 },
    );
    // A component without any width is grey.
    expect([...made.rgb]).toEqual([0, 0, 128, 255, 255, 128, 128, 255, 128]);
    expect(made.outside).toBe(1);
  });

  it('are the same pixels when a recipe was kept as text and read again, also of another picture', async () => {
    const recipe = await fitted(1);
    const text = recipeText(recipe);
    const again = readRecipe(text);
    expect(again).toEqual(recipe);
    expect(recipeText(again)).toBe(text);
    for (const seed of [1, 5]) {
      const made = colouredBy(recipe, states(seed));
      expect(colouredBy(again, states(seed))).toEqual(made);
      expect(new Set(made.rgb).size).toBeGreaterThan(20);
    }
  });

  it('are fitted anew to the same bits', async () => {
    expect(recipeText(await fitted(3, 4))).toBe(recipeText(await fitted(3, 4)));
  });
});

describe('readRecipe', () => {
  it('refuses what is none, naming the part', async () => {
    const recipe = await fitted(1);
    const broken = (change: object) => codeOf(() => readRecipe(JSON.stringify({ ...recipe, ...change })));
    expect(codeOf(() => readRecipe('{'))).toBe('recipe-malformed');
    expect(codeOf(() => readRecipe('[]'))).toBe('recipe-malformed');
    expect(broken({ version: 2 })).toBe('recipe-malformed');
    expect(broken({ mean: [1, 2] })).toBe('recipe-malformed');
    expect(broken({ mean: [...recipe.mean, 0] })).toBe('recipe-malformed');
    expect(broken({ scale: { low: [0, 0, null], high: [1, 1, 1] } })).toBe('recipe-malformed');
    expect(broken({ extra: 1 })).toBe('recipe-malformed');
    expect(codeOf(() => colouredBy(recipe, states(1, 4, 5)))).toBe('recipe-width');
  });
});
