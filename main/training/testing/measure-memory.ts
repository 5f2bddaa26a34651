/** @file Trains a perceptron and compares the memory that this really takes with the estimate made before. */
import { expect } from 'vitest';
import {
  adamw,
  estimateMemory,
  float32,
  initialState,
  mlp,
  reduceMean,
  square,
  stream,
  subtract,
  trainingProgram,
} from '../../../native-models';
import { openCompute } from '../../compute/session';
import { Training } from '../training';

export interface MeasuredMemory {
  estimate: number;
  /** Growth of the process, in bytes: the most it held after any run. */
  real: number;
}

/**
 * Auto-encoding of 64 numbers, some runs of `chunk` steps. The runtime keeps what a run needed, so the size after it is
 * that of its peak; the system's own highest mark would count what the parent process held when it started this one.
 * Call it once per process, because memory of an earlier call is used again.
 */
export async function measureMemory(options: {
  hidden: number;
  layers: number;
  batch: number;
  chunk: number;
  runs: number;
}): Promise<MeasuredMemory> {
  const { hidden, layers, batch, chunk, runs } = options;
  const { rss } = process.memoryUsage();
  const network = mlp({ inputs: 64, outputs: 64, hidden, layers, activation: 'gelu' });
  const build = () =>
    trainingProgram({
      name: 'memory',
      parameters: network.parameters,
      optimiser: adamw(),
      stream: { x: float32(batch, 64) },
      loss: (parameters, { x }) => reduceMean(square(subtract(network.apply(parameters, x!), x!))),
      chunk,
      ema: true,
    });
  const { total } = estimateMemory(build());
  const compute = openCompute({ threads: 2 });
  const training = new Training({
    compute,
    label: 'memory',
    device: 'cpu',
    threads: 2,
    build,
    start: (program) => initialState(program, network.initialise(1)),
    fill: (step, { x }) => void stream(1, 'x', step).normal(x as Float32Array),
    schedule: () => ({ learningRate: 1e-3 }),
    hyper: () => ({ weightDecay: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, emaDecay: 0.99 }),
    now: () => 0,
  });
  // The program has the same length whatever the driver asks for, so runs are counted, not steps.
  let real = 0;
  for (let run = 0; run < runs; run++) {
    await training.advance(run * chunk, (run + 1) * chunk);
    real = Math.max(real, process.memoryUsage().rss - rss);
  }
  await training.close();
  await compute.close();
  return { estimate: total, real };
}

const MEGABYTE = 2 ** 20;

/** The estimate is within a factor of two of the real peak, and at most 30 % too low. */
export async function expectEstimate(options: Parameters<typeof measureMemory>[0]): Promise<void> {
  const { estimate, real } = await measureMemory(options);
  console.log(`estimate ${Math.round(estimate / MEGABYTE)} MB, real ${Math.round(real / MEGABYTE)} MB`);
  expect(real).toBeGreaterThan(150 * MEGABYTE);
  expect(estimate / real).toBeGreaterThan(0.7);
  expect(estimate / real).toBeLessThan(2);
}
