/** @file Zoo models trained three steps on WebGPU alone, without falling back to the CPU for any node, beside the CPU. */
import { existsSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { describe, it } from 'vitest';
import { adamw, initialState, trainingProgram, type TrainingProgram } from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import { PARITY_HYPER } from '../../native-models/testing/parity';
import type { ZooCase } from '../../native-models/zoo/case';
import { zooCases } from '../../native-models/zoo/cases';

/** The software Vulkan driver that comes with Chromium, where no other is set. */
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(DRIVER)) process.env.VK_ICD_FILENAMES ??= DRIVER;

const STEPS = 3;

/** Two models for two families: software Vulkan takes many seconds to compile the kernels of each. */
const TRAINED = ['velocity-mlp', 'gpt'];

/** Losses, and the parameters after the last step. */
async function train(zoo: ZooCase, program: TrainingProgram, options: ort.InferenceSession.SessionOptions) {
  const session = await ort.InferenceSession.create(program.model, { intraOpNumThreads: 1, ...options });
  const tensor = (dtype: string, data: ArrayLike<number>, shape: readonly number[]) =>
    dtype === 'int32'
      ? new ort.Tensor('int32', Int32Array.from(data), shape)
      : new ort.Tensor('float32', Float32Array.from(data), shape);
  let state: Record<string, ort.Tensor> = Object.fromEntries(
    Object.entries(initialState(program, zoo.module.initialise(1))).map(([name, { data, shape }]) => [
      name,
      tensor('float32', data, shape),
    ]),
  );
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const batch = zoo.batch(1, step);
    const given = Object.fromEntries([
      ...Object.entries(program.stream).map(([name, { dtype, shape }]) => [
        name,
        tensor(dtype, batch[name]!.data, shape as number[]),
      ]),
      ...Object.keys(program.hyper).map((name) => [name, tensor('float32', [PARITY_HYPER[name]!], [])]),
      ['learningRate', tensor('float32', [1e-3], [1])],
    ]) as Record<string, ort.Tensor>;
    const results = await session.run({ ...state, ...given });
    losses.push(results.loss!.data[0] as number);
    state = Object.fromEntries(Object.keys(program.state).map((name) => [name, results[`next.${name}`]!]));
  }
  await session.release();
  const parameters = program.layout.entries.map(
    ({ name }) => [name, state[`parameters/${name}`]!.data] as const,
  );
  return { losses, parameters: Object.fromEntries(parameters) as Record<string, Float32Array> };
}

describe.each(TRAINED)('%s', (name) => {
  const zoo = zooCases('tiny').find((other) => other.name === name)!;
  it('trains on WebGPU alone as on the CPU', async (context) => {
    const program = trainingProgram({
      name: zoo.name,
      parameters: zoo.module.parameters,
      optimiser: adamw(),
      stream: zoo.stream,
      loss: (parameters, batch) => zoo.loss(parameters, batch),
      chunk: 1,
      form: 'straight',
    });
    let gpu: Awaited<ReturnType<typeof train>>;
    try {
      gpu = await train(zoo, program, {
        executionProviders: ['webgpu'],
        extra: { session: { disable_cpu_ep_fallback: '1' } },
      });
    } catch (thrown) {
      if (!/adapter|device|vulkan/i.test(String(thrown))) throw thrown;
      console.warn(`skipped: no WebGPU on this machine (${String(thrown)})`);
      return context.skip('no WebGPU adapter');
    }
    const cpu = await train(zoo, program, {});
    expectClose(gpu.losses, cpu.losses, { rtol: 1e-3 });
    for (const [name, values] of Object.entries(cpu.parameters))
      expectClose(gpu.parameters[name]!, values, { rtol: 1e-3, atol: 1e-3 });
  });
});
