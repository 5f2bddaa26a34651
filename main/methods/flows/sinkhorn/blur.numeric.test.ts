/** @file Gate G6: a circular blur of images is a Monge map, so the coupling of images with their blurs is the identity. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCompute } from '../../../compute/session';
import { openDataset } from '../../../data';
import { openKernel } from './programs';
import { centre } from './scale';
import { ladderAbove, solveSinkhorn } from './solve';

const COUNT = 1024;
const file = join(process.cwd(), '..', 'shared', 'data', 'images', 'cifar10-train-4k-lossless.bin.gz');
const present = existsSync(file);
if (!present) console.warn('G6 is skipped: ../shared/data/images holds no CIFAR-10 images.');

/** Convolves every channel with a Gaussian of one pixel, wrapping around the edges. */
function blurred(images: Float32Array, size: number, channels: number): Float32Array {
  const taps = [-3, -2, -1, 0, 1, 2, 3].map((offset) => ({ offset, weight: Math.exp(-(offset ** 2) / 2) }));
  const total = taps.reduce((sum, { weight }) => sum + weight, 0);
  const along = (from: Float32Array, stride: number) =>
    from.map((_, at) => {
      const place = Math.floor(at / stride) % size;
      let sum = 0;
      for (const { offset, weight } of taps)
        sum += weight * from[at + (((place + offset + size) % size) - place) * stride]!;
      return sum / total;
    });
  return along(along(images, channels), channels * size);
}

it.skipIf(!present)('finds the identity on CIFAR-10 at ε = .1, and less of it at ε = .3', async () => {
  const dataset = await openDataset(file);
  const { matrix } = await dataset.features();
  await dataset.close();
  const d = matrix.columns;
  const { width, channels } = matrix.image!;
  const images = matrix.data.slice(0, COUNT * d);
  const x = centre(images, d);
  const y = centre(blurred(images, width, channels), d);
  const compute = openCompute({ threads: 2 });
  const kernel = await openKernel(compute, x, y, d);
  const masses: number[] = [];
  for (const relative of [0.3, 0.1]) {
    const epsilon = relative * kernel.deviation!;
    const { f, g } = (await solveSinkhorn(kernel, {
      epsilon,
      tolerance: 1e-3,
      maximumIterations: 2000,
      ladder: ladderAbove(epsilon, kernel.deviation!),
      momentumFrom: 20,
    }))!;
    let mass = 0;
    for (let i = 0; i < COUNT; i++) {
      let dot = 0;
      for (let k = i * d; k < (i + 1) * d; k++) dot += x[k]! * y[k]!;
      mass += Math.exp(f[i]! + g[i]! + dot / epsilon);
    }
    masses.push(mass);
  }
  await kernel.close();
  await compute.close();
  console.info(`diagonal mass at ε .3 and .1: ${masses.map((mass) => mass.toFixed(3)).join(', ')}`);
  expect(masses[1]).toBeGreaterThanOrEqual(0.9);
  expect(masses[0]).toBeLessThan(masses[1]!);
});
