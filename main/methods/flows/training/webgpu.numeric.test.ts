/** @file One training step of the real network on WebGPU gives the numbers of the CPU; no node may fall back unseen. */
import { expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { expectClose } from '../../../../native-models/testing/expect-close';
import { openCompute } from '../../../compute/session';
import type { Compute } from '../../../contract/compute';
import { config as schema } from '../config';
import type { PairSupply } from '../coupling/coupling';
import { openTraining } from '../../../training/loop';
import { flowSpec } from './train';
import { requireWebGpu } from '../../../compute/testing/webgpu';

const pairs: PairSupply = {
  fill(step, { x0, x1 }) {
    stream(1, 'source', step).normal(x0);
    stream(1, 'target', step).normal(x1);
  },
};

/** The losses and the whole state after some steps from the same start, with the program of one device on another. */
async function train(program: 'cpu' | 'webgpu', device: 'cpu' | 'webgpu', activation: string, steps: number) {
  const compute = openCompute({ threads: 1 });
  const devices = new Set<string>();
  const strict: Compute = {
    notices: compute.notices,
    threads: compute.threads,
    async open(model, options) {
      const session = await compute.open(model, { ...options, device, strict: true });
      devices.add(session.device);
      return session;
    },
  };
  const settings = { device: program, activation, batchSize: 128, hidden: 64, layers: 3, steps: 100 };
  const spec = flowSpec(schema.parse(settings), { dimension: 2 }, 7, pairs);
  const training = openTraining({ compute: strict, now: () => 0 }, spec);
  const losses: number[] = [];
  while (losses.length < steps)
    losses.push(...(await training.advance(losses.length, losses.length + 1)).metrics.loss!);
  const state = await training.state();
  await training.close();
  await compute.close();
  return { losses, state, devices: [...devices] };
}

/**
 * The first step of AdamW moves every parameter by the learning rate times the sign of its gradient. Where the gradient
 * is rounding noise its sign is too, so such parameters are left out; the moments, which hold the gradient, are not.
 */
function meaningful(moment1: ArrayLike<number>): number[] {
  return [...Array.from(moment1).keys()].filter((k) => Math.abs(moment1[k]!) > 1e-7);
}

it.for(['silu', 'gelu'])(
  'with %s: the loss, both moments, all parameters and their average',
  async (kind, context) => {
    await requireWebGpu(context);
    const gpu = await train('webgpu', 'webgpu', kind, 1);
    const cpu = await train('webgpu', 'cpu', kind, 1);
    expect([gpu.devices, cpu.devices]).toEqual([['webgpu'], ['cpu']]);
    expectClose(gpu.losses, cpu.losses, { rtol: 1e-4 });
    let [compared, values] = [0, 0];
    for (const [name, { data: expected }] of Object.entries(cpu.state)) {
      const actual = gpu.state[name]!.data;
      const [part, parameter] = name.split('/');
      if (part !== 'parameters' && part !== 'ema') {
        expectClose(actual, expected, { rtol: 1e-4, atol: 1e-6 });
        continue;
      }
      const kept = meaningful(cpu.state[`moment1/${parameter}`]!.data);
      const pick = (data: ArrayLike<number>) => kept.map((k) => data[k]!);
      expectClose(pick(actual), pick(expected), { atol: 1e-4 });
      compared += kept.length;
      values += expected.length;
    }
    expect(compared / values, 'share of the parameters with a gradient above the noise').toBeGreaterThan(
      0.98,
    );
    // What the CPU trains with by itself is a Loop; it gives the same first loss.
    expectClose(gpu.losses, (await train('cpu', 'cpu', kind, 1)).losses, { rtol: 1e-4 });
  },
);
