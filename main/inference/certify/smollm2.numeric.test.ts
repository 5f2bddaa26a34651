/** @file The hooks of SmolLM2-135M at `4-bit-0`, from its Q4_1 file. Skipped loudly without the model. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decoderConfig, decoderGraph, decoderReference, encodeModel } from '../../../native-models';
import { openCompute } from '../../compute/session';
import { openCheckpoint } from '../../models/checkpoint';
import { realModel } from '../../models/testing/real-models';
import { writeWeights } from '../../models/weight-file';
import { certified, failing } from './testing';

const path = realModel('smollm2');
/** “The capital of Italy is”. */
const ids = [504, 3575, 282, 8010, 314];

describe.skipIf(!path)('SmolLM2-135M at 4-bit-0', () => {
  it('passes every hook, near the slow reference', { timeout: 300_000 }, async () => {
    const start = performance.now();
    const checkpoint = await openCheckpoint(path!);
    const config = decoderConfig(checkpoint.config);
    const folder = await mkdtemp(join(tmpdir(), 'monge-certify-'));
    const compute = openCompute({ threads: 2 });
    const build = (outputs: readonly string[]) =>
      decoderGraph(config, checkpoint, {
        level: '4-bit-0',
        outputs: outputs.filter((id) => id !== 'logits'),
      });
    try {
      const { hooks, weights } = build([]);
      await writeWeights(join(folder, 'model.weights'), weights);
      const found = await certified({
        ...{ hooks, observed: 'logits', ids, padding: 0, tolerance: 1e-4 },
        graph: (outputs) => build(outputs).model,
        open: (model, graphLevel) =>
          compute.open(encodeModel(model), { folder, graphLevel, label: 'smollm2' }),
        reference: () => decoderReference(config, checkpoint, ids),
      });
      expect(failing(found)).toEqual([]);
      expect(found).toHaveLength(hooks.length);
      const against = found.flatMap(({ checks }) =>
        checks.filter(({ says }) => says.includes('double precision')),
      );
      const furthest = Math.max(...against.map(({ value }) => value));
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      console.warn(
        `${found.length} hooks in ${seconds} s, at most ${furthest.toExponential(1)} from double precision`,
      );
    } finally {
      await compute.close();
      await rm(folder, { recursive: true });
    }
  });
});
