/** @file Zoo models trained three steps on WebGPU alone, without falling back to the CPU for any node, beside the CPU. */
import { describe, it } from 'vitest';
import { expectClose } from '../../native-models/testing/expect-close';
import { zooCases } from '../../native-models/zoo/cases';
import { findWebGpu } from './testing/webgpu';
import { trainZoo } from './testing/zoo-parity';

const STEPS = 3;

/** One model of each family: software Vulkan takes many seconds to compile the kernels of each. */
const TRAINED = ['velocity-mlp', 'gpt', 'u-net'];

const missing = await findWebGpu();
if (missing !== null) console.warn(`skipped: no WebGPU on this machine (${missing})`);

describe.skipIf(missing !== null).each(TRAINED)('%s', (name) => {
  const zoo = zooCases('tiny').find((other) => other.name === name)!;
  it('trains on WebGPU alone as on the CPU', { timeout: 300_000 }, async () => {
    const options = {
      chunk: 1,
      runs: STEPS,
      start: zoo.module.initialise(1),
      batch: (step: number) => zoo.batch(1, step),
      form: 'straight' as const,
      learningRate: 1e-3,
    };
    const gpu = await trainZoo(zoo, {
      ...options,
      session: {
        executionProviders: ['webgpu'],
        extra: { session: { disable_cpu_ep_fallback: '1' } },
      },
    });
    const cpu = await trainZoo(zoo, options);
    expectClose(gpu.losses, cpu.losses, { rtol: 1e-3 });
    for (const [name, { data }] of Object.entries(cpu.state))
      if (name.startsWith('parameters/'))
        expectClose(gpu.state[name]!.data, data, { rtol: 1e-3, atol: 1e-3 });
  });
});
