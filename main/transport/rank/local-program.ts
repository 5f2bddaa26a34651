/** @file Many residuals at one row under its local map, on ONNX Runtime: the map goes in as inputs. */
import {
  add,
  constant,
  float32,
  matmul,
  multiply,
  softmax,
  subtract,
  toOnnx,
  trace,
} from '../../../native-models';
import { floats, runTiles, scalar } from '../../compute/run-rows';
import type { Compute } from '../../contract/compute';
import { LOCAL_EPSILON, type LocalMap } from './local';
import { normTensor, rowsPerRun, tailTensor } from './rank';

export interface LocalProgram {
  /** [n] as `localRank` gives them, to single precision, of residuals [n, d]. */
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
    points: float32('rows', d),
    offset: float32(1, d),
    inverseScale: float32(),
    bias: float32(1, m),
    tailWeight: float32(),
  };
  const graph = trace('localRank', inputs, ({ points: z, offset, inverseScale, bias, tailWeight }) => {
    const scaled = multiply(subtract(z!, offset!), inverseScale!);
    const reference = constant(points, [m, d]);
    const scores = matmul(multiply(scaled, 2 / LOCAL_EPSILON), reference, { transposeRight: true });
    const image = matmul(softmax(add(scores, bias!), 1), reference);
    return { rank: add(normTensor(image), tailTensor(scaled, tailWeight)) };
  });
  const session = await compute.open(toOnnx(graph), { device: 'cpu', label: 'local transport rank' });
  const size = rowsPerRun(m);
  return {
    async ranks({ offset, scale, bias }, residuals, tailWeight) {
      const out = new Float64Array(residuals.length / d);
      const fixed = {
        offset: floats(Float32Array.from(offset), [1, d]),
        inverseScale: scalar(1 / scale),
        bias: floats(Float32Array.from(bias), [1, m]),
        tailWeight: scalar(tailWeight),
      };
      for await (const { first, output } of runTiles(session, Float32Array.from(residuals), d, size, fixed))
        out.set(output.rank!.data as Float32Array, first);
      return out;
    },
    close: () => session.close(),
  };
}
