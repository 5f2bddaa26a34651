/** @file SmolLM2-135M steered at all block norms: itself at λ = 0, and token by token what the whole text gives. Skipped loudly without the model. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../../native-models/testing/expect-close';
import type { Steering } from '../../contract/steering';
import { realModel } from '../../models/testing/real-models';
import type { Cache, StepResult } from '../decoding';
import { openLanguageModel } from '../language-model';
import { defaultSampling } from '../sampling';
import { drawnMaps } from './testing';

const path = realModel('smollm2');
const folder = mkdtemp(join(tmpdir(), 'monge-smollm2-steered-'));
afterAll(async () => rm(await folder, { recursive: true, force: true }));

describe.skipIf(!path)('SmolLM2-135M with maps at its 60 block norms', () => {
  it('is itself at λ = 0, is moved at λ = 1, and decodes with caches what it reads whole', async () => {
    const cacheFolder = await folder;
    const model = await openLanguageModel(path!, { level: '4-bit-0', use: 'exact', threads: 2, cacheFolder });
    const { layers, width } = model.config;
    const hooks = Array.from({ length: layers }, (_, layer) =>
      ['norm_attn_in', 'norm_mlp_in'].map((role) => ({ id: `${role}:${layer}`, shape: [width] })),
    ).flat();
    const at = (lambda: number): Steering => ({
      maps: drawnMaps(hooks, { size: 0.02 }),
      lambda,
      first: true,
    });
    const settings = { ...defaultSampling, maxTokens: 16, stop: [], stopAtEnd: false, seed: 5 };
    const say = async (steering: Steering | null) =>
      (await model.generate([{ prompt: 'Once upon a time' }], settings, undefined, undefined, steering))[0]!
        .ids;
    const plain = await say(null);
    expect(await say(at(0))).toEqual(plain);
    expect(await say(at(1))).not.toEqual(plain);
    const ids = model.tokenizer.ids('The river was wide, and nobody knew its name.');
    for (const lambda of [0.5, 1])
      await model.compare(at(lambda), async (unsteered, steered) => {
        const whole = (await steered.step({ ids: [ids], cache: null, logits: 'all' })).logits;
        let cache: Cache | null = null;
        const single: number[] = [];
        for (const id of ids) {
          const step: StepResult = await steered.step({ ids: [[id]], cache, logits: 'last' });
          cache = step.cache;
          single.push(...step.logits);
        }
        const scale = whole.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        // Products of one and of many tokens sum in another order at this level: 4e-5 each.
        expectClose(single, whole, { atol: 1e-3 * scale });
        const none = (await unsteered.step({ ids: [ids], cache: null, logits: 'all' })).logits;
        expect(() => expectClose(none, whole, { atol: 1e-2 * scale })).toThrow('close');
      });
    await model.close();
  });
});
