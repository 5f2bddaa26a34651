/** @file The clouds of the Sinkhorn benchmark: noise against Gaussians, or against MNIST in its leading components. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stream } from '../../native-models';
import { openCompute } from '../../main/compute/session';
import { openDataset } from '../../main/data';
import { fitProjection, projectPoints } from '../../main/transport/sinkhorn/project';
import { centre } from '../../main/numerics/points';
import { costDeviation } from '../../main/transport/scale';

export interface Clouds {
  name: string;
  /** [n, dimension] each, centred. */
  x: Float32Array;
  y: Float32Array;
  /** Standard deviation of the cost −x·y. */
  deviation: number;
  remark?: string;
}

const IMAGES = join(process.cwd(), '..', 'shared', 'data', 'images', 'mnist-train-images-idx3-ubyte.gz');

/** Standard normal `x`; `y` eight Gaussians in 2 dimensions, a normal of falling spread in 64, MNIST in 50. */
export async function makeClouds(points: number, dimension: 2 | 50 | 64): Promise<Clouds> {
  const x = stream(0, 'x').normal(new Float32Array(points * dimension));
  if (dimension !== 50 || !existsSync(IMAGES)) {
    const y = dimension === 2 ? eightGaussians(points) : fallingSpread(points, dimension);
    const remark = dimension === 50 ? { remark: 'no MNIST in ../shared: made-up points' } : {};
    return { ...measured(x, y, dimension), name: `d = ${dimension}`, ...remark };
  }
  const y = await digits(points, dimension);
  const remark = points > 60_000 ? { remark: 'images beyond the 60,000 are mirrored ones' } : {};
  return { ...measured(x, y, dimension), name: 'd = 50 (MNIST, PCA)', ...remark };
}

function measured(x: Float32Array, y: Float32Array, dimension: number) {
  const [left, right] = [centre(x, dimension), centre(y, dimension)];
  return { x: left, y: right, deviation: costDeviation(left, right, dimension) };
}

/** Radius 2, deviation .25. */
function eightGaussians(points: number): Float32Array {
  const which = stream(0, 'which').integers(new Int32Array(points), 8);
  return stream(0, 'y')
    .normal(new Float32Array(2 * points))
    .map((value, k) => {
      const angle = (which[k >> 1]! * Math.PI) / 4;
      return 0.25 * value + 2 * (k % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
    });
}

/** Independent coordinates with deviations 1/√(k+1): like principal components of data. */
function fallingSpread(points: number, dimension: number): Float32Array {
  return stream(0, 'y')
    .normal(new Float32Array(points * dimension))
    .map((value, k) => value / Math.sqrt((k % dimension) + 1));
}

async function digits(points: number, components: number): Promise<Float32Array> {
  const dataset = await openDataset(IMAGES);
  const { matrix } = await dataset.features();
  await dataset.close();
  const { rows, columns: pixels } = matrix;
  const size = Math.sqrt(pixels);
  const data = new Float32Array(points * pixels);
  for (let k = 0; k < points; k++) {
    const from = (k % rows) * pixels;
    for (let p = 0; p < pixels; p++) {
      const column = p % size;
      const source = k < rows ? p : p - column + size - 1 - column;
      data[k * pixels + p] = matrix.data[from + source]!;
    }
  }
  const compute = openCompute({ threads: 2 });
  const centred = centre(data, pixels);
  const projection = await fitProjection(compute, centred, pixels, components);
  const coordinates = await projectPoints(compute, centred, projection);
  await compute.close();
  return coordinates;
}
