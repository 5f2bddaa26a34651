/** @file The slow decoder against transformers, family by family: it is what the hooks of a person's own model are held to. */
import { describe, expect, it } from 'vitest';
import { languageFixtures, loadLanguageFixture } from '../../testing/language-fixture';
import { decoderConfig } from './decoder-config';
import { decoderReference } from './reference';

/** Of float32 sums in another order. */
const TOLERANCE = 5e-5;

function largestDifference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(got.length).toBe(expected.length);
  let most = 0;
  for (let k = 0; k < expected.length; k += 1) most = Math.max(most, Math.abs(got[k]! - expected[k]!));
  return most;
}

describe.each(languageFixtures)('%s computed slowly', (name) => {
  const { config: json, source, texts } = loadLanguageFixture(name);
  const config = decoderConfig(json);

  it('has the logits, states and patterns of transformers', async () => {
    for (const { ids, logits, states, final, patterns } of texts) {
      const hooks = await decoderReference(config, source, ids);
      const size = ids.length * config.width;
      const state = (layer: number) => states.subarray(layer * size, (layer + 1) * size);
      expect(largestDifference(hooks.get('logits')!, logits)).toBeLessThan(TOLERANCE);
      expect(largestDifference(hooks.get('norm_final')!, final)).toBeLessThan(TOLERANCE);
      for (let layer = 0; layer < config.layers; layer += 1) {
        expect(largestDifference(hooks.get(`resid_pre:${layer}`)!, state(layer))).toBeLessThan(TOLERANCE);
        const square = config.heads * ids.length ** 2;
        const expected = patterns?.subarray(layer * square, (layer + 1) * square);
        if (expected)
          expect(largestDifference(hooks.get(`pattern:${layer}`)!, expected)).toBeLessThan(TOLERANCE);
      }
    }
  });
});
