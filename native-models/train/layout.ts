/** @file How parameters lie in the state: one flat vector per group on the CPU, one tensor each on the GPU. */
import { MongeError } from '../error';
import type { Tensor, Tensors } from '../ir/tensor';
import { elementCount, isFloating, type DType, type TensorType } from '../ir/types';
import { concat, reshape, slice } from '../ops/movement';
import type { Optimiser, UpdateRule } from '../optim/optimiser';

type Types = Record<string, TensorType>;
export type FloatingDType = 'float32' | 'float64';

/** A part of the state that moves as one: a flat vector of parameters of one group, or a whole parameter. */
export interface Segment {
  /** The group's name for a vector, the parameter's for a whole one; empty where there is but one vector. */
  readonly name: string;
  readonly group: number;
  readonly shape: readonly number[];
  readonly rule: UpdateRule;
  readonly flat: boolean;
}

export interface LayoutEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: number;
  /** Which segment holds the parameter, and where in a flat one it starts. */
  readonly segment: number;
  readonly offset: number;
}

export interface Layout {
  readonly dtype: FloatingDType;
  /** The groups in the order of the hyperparameter vectors, by first appearance. */
  readonly groups: readonly string[];
  readonly segments: readonly Segment[];
  /** In the order in which the parameters were declared. */
  readonly entries: readonly LayoutEntry[];
}

export interface LayoutOptions {
  readonly parameters: Types;
  readonly optimiser: Optimiser;
  readonly groupOf: (name: string) => string;
  readonly flat: boolean;
}

/**
 * Flat vectors make for few boundary tensors and few optimiser nodes, which is fastest on the CPU. Each group has its
 * own: AdamW by itself on 0.9 million values in 12 groups takes 3.7 ms a step so (two threads), 5.1 with one vector and
 * rates expanded to every element, 6.2 with one vector cut into slices and joined again, and 2.6 with a single group.
 * WebGPU limits how many buffers a kernel may bind, so there every parameter is a tensor by itself; so is one whose rule
 * must see its shape.
 * Throws `parameter-type` where the parameters are not all float32 or all float64, and `name-collision`.
 */
export function layoutOf({ parameters, optimiser, groupOf, flat }: LayoutOptions): Layout {
  const dtype = commonType(parameters);
  const groups = [...new Set(Object.keys(parameters).map(groupOf))];
  const segments: (Segment & { shape: number[] })[] = [];
  const vectors = new Map<string, number>();
  const entries = Object.entries(parameters).map(([name, type]): LayoutEntry => {
    const shape = type.shape as readonly number[];
    const size = elementCount(shape, `parameter ${name}`);
    const rule = optimiser.ruleFor(name, type);
    const group = groupOf(name);
    const joined = flat && !rule.whole;
    let segment = joined ? vectors.get(group) : undefined;
    if (segment === undefined) {
      segment = segments.length;
      segments.push({
        name: joined ? group : name,
        group: groups.indexOf(group),
        shape: joined ? [0] : [...shape],
        rule,
        flat: joined,
      });
      if (joined) vectors.set(group, segment);
    }
    const vector = segments[segment]!;
    const offset = joined ? vector.shape[0]! : 0;
    if (joined) vector.shape[0] = offset + size;
    return { name, shape, size, segment, offset };
  });
  requireDistinct(segments);
  const single = segments.length === 1 && segments[0]!.flat;
  return { dtype, groups, segments: single ? [{ ...segments[0]!, name: '' }] : segments, entries };
}

/** The name under which the state holds a segment of `kind`: `parameters`, `moment1`, `ema`, … */
export function stateName(kind: string, segment: Segment): string {
  return segment.name === '' ? kind : `${kind}/${segment.name}`;
}

/** Parameters by name, cut out of the segments' tensors. */
export function unpack(layout: Layout, tensors: readonly Tensor[]): Tensors {
  return Object.fromEntries(
    layout.entries.map(({ name, shape, size, segment, offset }) => {
      const tensor = tensors[segment]!;
      if (!layout.segments[segment]!.flat) return [name, tensor];
      return [name, reshape(slice(tensor, { axis: 0, start: offset, end: offset + size }), shape)];
    }),
  );
}

/** Gradients by name, joined into one tensor per segment. */
export function pack(layout: Layout, tensors: Tensors): Tensor[] {
  return layout.segments.map((segment, position) => {
    const inside = layout.entries.filter((entry) => entry.segment === position);
    if (!segment.flat) return tensors[inside[0]!.name]!;
    return concat(
      inside.map(({ name, size }) => reshape(tensors[name]!, [size])),
      0,
    );
  });
}

function commonType(parameters: Types): FloatingDType {
  const types = [...new Set<DType>(Object.values(parameters).map(({ dtype }) => dtype))];
  const [dtype] = types;
  if (types.length === 1 && isFloating(dtype!)) return dtype as FloatingDType;
  throw new MongeError({
    code: 'parameter-type',
    what: 'element types of the parameters',
    got: types.join(' and ') || 'no parameters',
    expected: 'all float32, or all float64',
  });
}

function requireDistinct(segments: readonly Segment[]): void {
  const names = new Set<string>();
  for (const { name } of segments) {
    if (names.has(name))
      throw new MongeError({
        code: 'name-collision',
        what: 'a group has the name of a parameter that is kept by itself',
        where: { tensor: name },
        help: 'rename the group',
      });
    names.add(name);
  }
}
