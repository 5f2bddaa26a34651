/** @file Many residuals at one row under its local map, on ONNX Runtime: the map goes in as inputs. */
import {
  add,
  constant,
  float32,
  matmul,
  maximum,
  multiply,
  reduceSum,
  softmax,
  sqrt,
  square,
  subtract,
  toOnnx,
  trace,
} from '../../../native-models';
import type { Compute, HostTensor } from '../../contract/compute';
import { LOCAL_EPSILON, type LocalMap } from './local';
import { rowsPerRun } from './rank';

export interface LocalProgram {
  /** [n] as `LocalRank` gives them, to single precision, of residuals [n, d]. */
  ranks(map: LocalMap, residuals: Float64Array, tailWeight: number): Promise<Float64Array>;
  close(): Promise<void>;
}

/** Opens the program for a reference `points` [m, d]. */
export async function openLocalProgram(
  compute: Compute,
  points: Float32Array,
  d: number,
): Promise<LocalProgram> {
  const m = points.length / d;
  const inputs = {
    z: float32('rows', d),
    offset: float32(1, d),
    inverseScale: float32(),
    bias: float32(1, m),
    tailWeight: float32(),
  };
  const graph = trace('localRank', inputs, ({ z, offset, inverseScale, bias, tailWeight }) => {
    const scaled = multiply(subtract(z!, offset!), inverseScale!);
    const reference = constant(points, [m, d]);
    const scores = matmul(multiply(scaled, 2 / LOCAL_EPSILON), reference, { transposeRight: true });
    const image = matmul(softmax(add(scores, bias!), 1), reference);
    const excess = maximum(subtract(sqrt(reduceSum(square(scaled), 1)), 1), 0);
    return { rank: add(sqrt(reduceSum(square(image), 1)), multiply(excess, tailWeight!)) };
  });
  const session = await compute.open(toOnnx(graph), { device: 'cpu', label: 'local transport rank' });
  const size = rowsPerRun(m);
  const tensor = (data: Float32Array, dims: number[]): HostTensor => ({ type: 'float32', data, dims });
  return {
    async ranks({ offset, scale, bias }, residuals, tailWeight) {
      const count = residuals.length / d;
      const out = new Float64Array(count);
      const fixed = {
        offset: tensor(Float32Array.from(offset), [1, d]),
        inverseScale: tensor(Float32Array.of(1 / scale), []),
        bias: tensor(Float32Array.from(bias), [1, m]),
        tailWeight: tensor(Float32Array.of(tailWeight), []),
      };
      for (let first = 0; first < count; first += size) {
        const rows = Math.min(size, count - first);
        const z = tensor(Float32Array.from(residuals.subarray(first * d, (first + rows) * d)), [rows, d]);
        out.set((await session.run({ z, ...fixed })).rank!.data as Float32Array, first);
      }
      return out;
    },
    close: () => session.close(),
  };
}
