/** @file Trains a perceptron and compares the memory that this really takes with the estimate made before. */
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
import { openCompute } from '../session';
import { Training } from '../training';

export interface MeasuredMemory {
  estimate: number;
  /** Growth of the process to its highest mark, in bytes. */
  real: number;
  /** How far the process had been above its size at the start: near 0 in a fresh one, else `real` says nothing. */
  earlier: number;
}

/** Auto-encoding of 64 numbers, some runs of `chunk` steps. Call it once per process: a highest mark never falls. */
export async function measureMemory(options: {
  hidden: number;
  layers: number;
  batch: number;
  chunk: number;
  runs: number;
}): Promise<MeasuredMemory> {
  const { hidden, layers, batch, chunk, runs } = options;
  const { rss } = process.memoryUsage();
  const highest = () => process.resourceUsage().maxRSS * 1024;
  const earlier = highest() - rss;
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
  for (let run = 0; run < runs; run++) await training.advance(run * chunk, (run + 1) * chunk);
  const real = highest() - rss;
  await training.close();
  await compute.close();
  return { estimate: total, real, earlier };
}
