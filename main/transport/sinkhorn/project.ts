/**
 * @file The cost in the leading principal components of the data: both clouds projected on one basis (LSC section 1.5).
 *
 * The basis maximises the data's share of variance, so that the products x·y lose least for n²k instead of n²d.
 */
import { float32, matmul, toOnnx, trace, transpose } from '../../../native-models';
import { closingTiles, floats, rowArray } from '../../compute/run-rows';
import type { Compute, HostTensor } from '../../contract/compute';
import { leadingEigenpairs } from '../../numerics/leading-eigenvectors';

export type CostProjection = Awaited<ReturnType<typeof fitProjection>>;

/** Points whose products are added in 32 bits before they enter the double-precision sum. */
const CHUNK = 2048;
/** Components whose share of variance is right to this much are as good as exact ones for the cost. */
const SETTLED = 1e-5;
/** Numbers of one input of the runtime, for wide data. */
const LARGEST_CHUNK = 2 ** 23;

/** The top `components` principal components of `data` [n, dimension], which must be centred. */
export async function fitProjection(
  compute: Compute,
  data: Float32Array,
  dimension: number,
  components: number,
) {
  const moment = await secondMomentOn(compute, data, dimension);
  let total = 0;
  for (let k = 0; k < dimension; k++) total += moment[k * dimension + k]!;
  const { values, vectors } = leadingEigenpairs(moment, dimension, components, SETTLED);
  const kept = values.reduce((sum, value) => sum + value, 0);
  return {
    dimension,
    components,
    /** [components, dimension] orthonormal rows. */
    basis: Float32Array.from(vectors),
    /** Share of the data's variance that the components keep. */
    explained: total > 0 ? Math.min(1, kept / total) : 1,
  };
}

/** [n, components] coordinates of `points` [n, dimension] in the basis. */
export async function projectPoints(
  compute: Compute,
  points: Float32Array,
  { dimension, components, basis }: CostProjection,
): Promise<Float32Array> {
  const out = new Float32Array((points.length / dimension) * components);
  const inputs = { points: float32('rows', dimension), basis: float32(components, dimension) };
  const graph = trace('project', inputs, ({ points: rows, basis: axes }) => ({
    coordinates: matmul(rows!, transpose(axes!, [1, 0])),
  }));
  const fixed = { basis: floats(basis, [components, dimension]) };
  for await (const { first, output } of chunksOf(compute, toOnnx(graph), points, dimension, fixed))
    out.set(output.coordinates!.data as Float32Array, first * components);
  return out;
}

/** Two clouds [·, dimension] in the basis. */
export async function projectClouds(
  compute: Compute,
  x: Float32Array,
  y: Float32Array,
  projection: CostProjection,
): Promise<[Float32Array, Float32Array]> {
  return [await projectPoints(compute, x, projection), await projectPoints(compute, y, projection)];
}

/** [dimension, dimension] XᵀX / n: 32-bit products of some thousand points at a time, added up in double precision. */
export async function secondMomentOn(compute: Compute, points: Float32Array, dimension: number) {
  const moment = new Float64Array(dimension * dimension);
  const rows = points.length / dimension;
  const graph = trace('secondMoment', { points: float32('rows', dimension) }, ({ points: part }) => ({
    moment: matmul(transpose(part!, [1, 0]), part!),
  }));
  for await (const { output } of chunksOf(compute, toOnnx(graph), points, dimension)) {
    const products = output.moment!.data as Float32Array;
    for (let k = 0; k < moment.length; k++) moment[k]! += products[k]! / rows;
  }
  return moment;
}

/** What a program makes of some thousand points at a time. */
async function* chunksOf(
  compute: Compute,
  program: Uint8Array,
  points: Float32Array,
  dimension: number,
  fixed?: Record<string, HostTensor>,
) {
  const size = Math.max(1, Math.min(CHUNK, Math.floor(LARGEST_CHUNK / dimension)));
  const session = await compute.open(program, { device: 'cpu', label: 'projection of the cost' });
  yield* closingTiles(session, { points: rowArray(points, dimension) }, size, fixed);
}
