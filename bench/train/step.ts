/**
 * @file A process that trains one case with the engine's own driver and prints what it took, so that peak memory and the
 * time to the first step are those of this training alone.
 */
import { openCompute } from '../../main/compute/session';
import { Training } from '../../main/training/training';
import { adamw, initialState, trainingProgram } from '../../native-models';
import { trainCases } from './cases';

export interface StepTiming {
  milliseconds: number;
  /** From the start of the process to the end of the first step. */
  firstStepSeconds: number;
  peakMegabytes: number;
  firstLoss: number;
  parameters: number;
  threads: number;
  /** Steps per run that the driver settled on. */
  chunk: number;
}

/** Batches made beforehand and used in turn, as the peer does. */
const BATCHES = 8;
const WARM_UP_SECONDS = 2;

async function main(name: string, threads: number, seconds: number): Promise<StepTiming> {
  const zoo = trainCases[name]!.make();
  const compute = openCompute({ threads });
  const batches = Array.from({ length: BATCHES }, (_, step) => zoo.batch(0, step));
  const training = new Training({
    compute,
    label: `bench ${name}`,
    device: 'cpu',
    build: (chunk, channelBlock) =>
      trainingProgram({
        name,
        parameters: zoo.module.parameters,
        optimiser: adamw(),
        stream: zoo.stream,
        loss: (parameters, batch) => zoo.loss(parameters, batch),
        chunk,
        channelBlock,
      }),
    start: (program) => initialState(program, zoo.module.initialise(0)),
    fill(step, batch) {
      const source = batches[step % BATCHES]!;
      for (const [key, target] of Object.entries(batch)) target.set(source[key]!.data);
    },
    schedule: () => ({ learningRate: 1e-3 }),
    hyper: () => ({ weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }),
    now: () => performance.now(),
  });
  const first = await training.advance(0, 1);
  const firstStepSeconds = (performance.timeOrigin + performance.now() - startedAt()) / 1000;
  let step = 1;
  const advance = async (until: number) => {
    let best = Infinity;
    while (performance.now() < until) {
      const begin = performance.now();
      const { steps } = await training.advance(step, Infinity);
      best = Math.min(best, (performance.now() - begin) / steps);
      step += steps;
    }
    return best;
  };
  // The driver finds out meanwhile how many steps make a run and whether a second thread helps.
  await advance(performance.now() + 1000 * WARM_UP_SECONDS);
  const milliseconds = await advance(performance.now() + 1000 * seconds);
  const { settings } = training;
  await training.close();
  await compute.close();
  return {
    milliseconds,
    firstStepSeconds,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    firstLoss: first.metrics.loss![0]!,
    parameters: Object.values(zoo.module.parameters).reduce(
      (sum, { shape }) => sum + shape.reduce<number>((product, size) => product * Number(size), 1),
      0,
    ),
    ...settings,
  };
}

/** When this process began, milliseconds since 1970. */
function startedAt(): number {
  return Date.now() - process.uptime() * 1000;
}

const [name, threads, seconds] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await main(name!, Number(threads), Number(seconds)))}\n`);
