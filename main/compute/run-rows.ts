/** @file A model of 32-bit numbers asked about many rows: block by block, so that its working memory stays small. */
import type { HostTensor, Session } from '../contract/compute';

/** Numbers whose leading axis are the rows. */
interface RowArray {
  data: Float32Array;
  shape: readonly number[];
}

/** Inputs and outputs by name; all inputs lead with the same number of rows, of which `block` are run at a time. */
export async function runRows(
  session: Pick<Session, 'run'>,
  inputs: Readonly<Record<string, RowArray>>,
  block: number,
): Promise<Record<string, RowArray>> {
  const count = Object.values(inputs)[0]?.shape[0] ?? 0;
  const whole: Record<string, RowArray> = {};
  for (let first = 0; first < count; first += block) {
    const rows = Math.min(block, count - first);
    const feeds: Record<string, HostTensor> = {};
    for (const [name, { data, shape }] of Object.entries(inputs)) {
      const width = data.length / count;
      const part = data.slice(first * width, (first + rows) * width);
      feeds[name] = { type: 'float32', data: part, dims: [rows, ...shape.slice(1)] };
    }
    for (const [name, { data, dims }] of Object.entries(await session.run(feeds))) {
      const width = data.length / rows;
      whole[name] ??= { data: new Float32Array(count * width), shape: [count, ...dims.slice(1)] };
      whole[name].data.set(data as Float32Array, first * width);
    }
  }
  return whole;
}
