/**
 * @file A process that solves one coupling's potentials and prints what it took, so that peak memory is that of this solution
 * alone.
 */
import { readFile } from 'node:fs/promises';
import { decodeNpz } from '../../native-models';
import { openCompute } from '../../main/compute/session';
import { openKernel } from '../../main/transport/programs';
import { ladderAbove, MOMENTUM_FROM, solveSinkhorn } from '../../main/transport/solve';
import { RELATIVE_EPSILON } from './epsilon';

export interface SinkhornTiming {
  /** Both potentials updated once; best of the repeats. */
  secondsPerIteration: number;
  /** From the points in memory: programs opened, ladder of ε and all. */
  secondsToTolerance: number;
  iterations: number;
  converged: boolean;
  peakMegabytes: number;
  lanes: number;
}

const TOLERANCE = 1e-3;
const MOST_ITERATIONS = 5000;

async function main(
  file: string,
  epsilon: number,
  repeats: number,
  threads: number,
): Promise<SinkhornTiming> {
  const { x, y } = decodeNpz(await readFile(file));
  const dimension = x!.shape[1]!;
  const compute = openCompute({ threads, workerUrl: new URL('./worker.js', import.meta.url) });
  const begin = performance.now();
  const kernel = await openKernel(compute, x!.data as Float32Array, y!.data as Float32Array, dimension);
  const options = { epsilon, momentumFrom: MOMENTUM_FROM };
  const solution = (await solveSinkhorn(kernel, {
    ...options,
    tolerance: TOLERANCE,
    maximumIterations: MOST_ITERATIONS,
    ladder: ladderAbove(epsilon, epsilon / RELATIVE_EPSILON),
  }))!;
  const secondsToTolerance = (performance.now() - begin) / 1000;
  let [best, last] = [Infinity, performance.now()];
  await solveSinkhorn(kernel, {
    ...options,
    initial: solution,
    tolerance: 0,
    maximumIterations: repeats,
    onIteration() {
      best = Math.min(best, performance.now() - last);
      last = performance.now();
    },
  });
  const lanes = (await compute.lanes?.(threads))?.length ?? 1;
  await kernel.close();
  await compute.close();
  return {
    secondsPerIteration: best / 1000,
    secondsToTolerance,
    iterations: solution.iterations,
    converged: solution.converged,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    lanes,
  };
}

const [file, epsilon, repeats, threads] = process.argv.slice(2);
const timing = await main(file!, Number(epsilon), Number(repeats), Number(threads));
process.stdout.write(`${JSON.stringify(timing)}\n`);
