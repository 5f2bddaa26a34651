/** @file How parameters lie in the state: packed into one vector on the CPU, one tensor each on the GPU. */
import type { Tensor } from '../ir/tensor';
import { elementCount, type TensorType } from '../ir/types';
import { concat, reshape, slice } from '../ops/movement';

/** The name under which the packed vector goes through the optimiser. */
const PACKED = 'packed';

export interface Layout {
  readonly packed: boolean;
  readonly entries: readonly LayoutEntry[];
  readonly total: number;
}

export interface LayoutEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/**
 * One flat vector makes for few boundary tensors and few optimiser nodes, which is fastest on the CPU. WebGPU limits how
 * many buffers a kernel may bind, so there every parameter is a tensor by itself.
 */
export function layoutOf(parameters: Record<string, TensorType>, packed: boolean): Layout {
  let offset = 0;
  const entries = Object.entries(parameters).map(([name, type]) => {
    const size = elementCount(type.shape, `parameter ${name}`);
    const entry = { name, shape: type.shape as readonly number[], offset, size };
    offset += size;
    return entry;
  });
  return { packed, entries, total: offset };
}

/** Types of the tensors that hold one value per parameter element, by the part after the group's name. */
export function groupTypes(layout: Layout, group: string): Record<string, TensorType> {
  if (layout.packed) return { [group]: { dtype: 'float32', shape: [layout.total] } };
  return Object.fromEntries(
    layout.entries.map(({ name, shape }) => [`${group}/${name}`, { dtype: 'float32', shape }]),
  );
}

/** The tensors of a group as the optimiser sees them. */
export function groupTensors(
  layout: Layout,
  group: string,
  state: Record<string, Tensor>,
): Record<string, Tensor> {
  if (layout.packed) return { [PACKED]: state[group]! };
  return Object.fromEntries(layout.entries.map(({ name }) => [name, state[`${group}/${name}`]!]));
}

/** The inverse of `groupTensors`: under the names of the state. */
export function groupState(
  layout: Layout,
  group: string,
  tensors: Record<string, Tensor>,
): Record<string, Tensor> {
  if (layout.packed) return { [group]: tensors[PACKED]! };
  return Object.fromEntries(layout.entries.map(({ name }) => [`${group}/${name}`, tensors[name]!]));
}

/** Parameters by name, cut out of the packed vector where there is one. */
export function unpack(layout: Layout, tensors: Record<string, Tensor>): Record<string, Tensor> {
  if (!layout.packed) return tensors;
  const vector = tensors[PACKED]!;
  return Object.fromEntries(
    layout.entries.map(({ name, shape, offset, size }) => [
      name,
      reshape(slice(vector, { axis: 0, start: offset, end: offset + size }), shape),
    ]),
  );
}

/** Gradients by name, joined into one vector where the parameters are packed. */
export function pack(layout: Layout, tensors: Record<string, Tensor>): Record<string, Tensor> {
  if (!layout.packed) return tensors;
  return {
    [PACKED]: concat(
      layout.entries.map(({ name, size }) => reshape(tensors[name]!, [size])),
      0,
    ),
  };
}
