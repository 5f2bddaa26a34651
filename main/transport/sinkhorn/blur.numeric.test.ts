/** @file Gate G6: a circular blur of images is a Monge map, so the coupling of images with their blurs is the identity. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCompute } from '../../compute/session';
import { openDataset } from '../../data';
import { centre, rowProduct } from '../../numerics/points';
import { coupleSinkhorn } from './couple';

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

it.skipIf(!present)(
  'G6: finds the identity on CIFAR-10 at ε = .1 and below, and less of it at ε = .3',
  async () => {
    const dataset = await openDataset(file);
    const { matrix } = await dataset.features();
    await dataset.close();
    const d = matrix.columns;
    const { width, channels } = matrix.image!;
    const x = matrix.data.slice(0, COUNT * d);
    const y = blurred(x, width, channels);
    const compute = openCompute({ threads: 2 });
    const found: { mass: number; sharpness: number; iterations: number }[] = [];
    for (const epsilon of [0.3, 0.1, 0.03, 0.01]) {
      const coupling = (await coupleSinkhorn(compute, x, y, d, {
        epsilon,
        tolerance: 1e-3,
        maximumIterations: 2000,
        momentum: 'adaptive',
        measuredRows: 0,
        seed: 0,
        label: 'blur',
      }))!;
      const { sharpness, iterations } = coupling;
      const { f, g, deviation } = coupling;
      const [left, right] = [centre(x, d), centre(y, d)];
      const mass = f.reduce((sum, value, i) => {
        const score = rowProduct(left, i, right, i, d) / (coupling.epsilon * deviation);
        return sum + Math.exp(value + g[i]! + score);
      }, 0);
      found.push({ mass, sharpness, iterations });
    }
    await compute.close();
    const masses = found.map(({ mass }) => mass);
    console.info(
      found
        .map((at) => `mass ${at.mass.toFixed(3)}, E ${at.sharpness.toFixed(3)}, ${at.iterations} iterations`)
        .join('; '),
    );
    for (const mass of masses.slice(1)) expect(mass).toBeGreaterThanOrEqual(0.9);
    expect(masses[0]).toBeLessThan(masses[1]!);
    // From there on the mass is 1 up to what the tolerance of the marginals leaves.
    expect(masses[1]).toBeLessThan(masses[2]! + 1e-3);
    expect(masses[2]).toBeLessThan(masses[3]! + 1e-3);
    found.slice(1).forEach(({ sharpness }, k) => expect(sharpness).toBeLessThan(found[k]!.sharpness));
  },
);
