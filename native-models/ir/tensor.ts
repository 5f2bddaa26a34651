/** @file The values and nodes of the intermediate representation: a graph of pure operations. */
import type { OpDefinition } from '../ops/define';
import type { Graph } from './graph';
import type { Dim, DType, Shape, TensorType } from './types';

export type ConstantData = Float32Array | Float64Array | Int32Array | Uint8Array;
export type AttributeValue =
  number | string | boolean | readonly number[] | readonly Dim[] | ConstantData | Graph | TensorType;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One value of a graph. Immutable; made by `trace` (inputs) and by operations. */
export class Tensor {
  readonly type: TensorType;
  /** The operation that makes this value; null for an input. */
  readonly node: Node | null;
  /** Which of the node's outputs this is. */
  readonly index: number;
  /** The name of an input; empty otherwise. */
  readonly name: string;

  constructor(type: TensorType, node: Node | null, index: number, name = '') {
    this.type = type;
    this.node = node;
    this.index = index;
    this.name = name;
  }

  get shape(): Shape {
    return this.type.shape;
  }

  get dtype(): DType {
    return this.type.dtype;
  }

  get rank(): number {
    return this.type.shape.length;
  }
}

/** Tensors by name, such as the parameters of a model. */
export type Tensors = Record<string, Tensor>;

/** One application of an operation. */
export class Node {
  readonly op: OpDefinition;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
  /** Slash-separated names of the enclosing scopes, such as `layer1/gradient`. */
  readonly scope: string;

  constructor(
    op: OpDefinition,
    inputs: readonly Tensor[],
    attributes: Attributes,
    outputTypes: readonly TensorType[],
    scope: string,
  ) {
    this.op = op;
    this.inputs = inputs;
    this.attributes = attributes;
    this.outputs = outputTypes.map((type, index) => new Tensor(type, this, index));
    this.scope = scope;
  }
}
