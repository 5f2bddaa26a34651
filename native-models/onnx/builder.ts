/** @file Builds an ONNX graph for inference node by node, for models whose operators are chosen and not derived. */
import { elementTypeOf, type StoredArray } from '../io/elements';
import { elementNumbers } from './element-types';
import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from './model';

/** What an attribute may be given as: whole numbers become integers, `{ float: x }` says that a whole number is none. */
export type AttributeValue = number | string | readonly number[] | { float: number } | GraphProto;

const utf8 = new TextEncoder();

/** Makes `value` from `before`, which is the value as it was made. */
export type Tap = (builder: GraphBuilder, before: string, value: string) => void;

/** One ONNX graph in the making. Values are known by their names. */
export class GraphBuilder {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly inputs: ValueInfoProto[] = [];
  readonly outputs: ValueInfoProto[] = [];
  readonly #constants = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #taps = new Map<string, Tap>();
  readonly #prefix: string;
  #scope: string[];

  /** `prefix` stands before every made-up name: of nodes that are added to a graph that has names already. */
  constructor(prefix = '') {
    this.#prefix = prefix;
    this.#scope = prefix === '' ? [] : [prefix];
  }

  /** Everything made inside has names below `name`. */
  scope<T>(name: string, inside: () => T): T {
    this.#scope.push(name);
    try {
      return inside();
    } finally {
      this.#scope.pop();
    }
  }

  /**
   * Puts a change in the way of a value that is yet to be made under its own name: whoever makes it makes `<value>__pre`
   * instead, and `change` makes `value` from that. All readers, also in bodies of loops, read the changed one.
   */
  tap(value: string, change: Tap): void {
    this.#taps.set(value, change);
  }

  /** A graph input; sizes that are text stay open. */
  input(name: string, element: keyof typeof elementNumbers, shape: readonly (number | string)[]): string {
    this.inputs.push(valueOf(name, element, shape));
    return name;
  }

  output(name: string, element: keyof typeof elementNumbers, shape: readonly (number | string)[]): void {
    this.outputs.push(valueOf(name, element, shape));
  }

  /** One node with one output, whose name is made from the scope and the operator, or is `name`. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    { name, domain }: { name?: string; domain?: string } = {},
  ): string {
    return this.nodeOf(opType, inputs, [name ?? null], attributes, domain)[0]!;
  }

  /** One node with several outputs: a name, null for a made-up one, '' for an output that is left out. */
  nodeOf(
    opType: string,
    inputs: readonly string[],
    outputs: readonly (string | null)[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain?: string,
  ): string[] {
    const name = this.#unique([...this.#scope, opType].join('/'));
    const named = outputs.map((output, k) => output ?? (k === 0 ? `${name}:0` : `${name}:${k}`));
    const tapped = named.filter((value) => this.#taps.has(value));
    this.nodes.push({
      opType,
      name,
      input: [...inputs],
      output: named.map((value) => (tapped.includes(value) ? `${value}__pre` : value)),
      ...(domain === undefined ? {} : { domain }),
      attribute: Object.entries(attributes).map(([key, value]) => attributeOf(key, value)),
    });
    for (const value of tapped) {
      const change = this.#taps.get(value)!;
      // What the change makes is the value itself.
      this.#taps.delete(value);
      change(this, `${value}__pre`, value);
    }
    return named;
  }

  /** A constant inside the model, shared by all who ask for the same one. */
  constant(
    element: 'float32' | 'int64' | 'int32' | 'bool',
    values: readonly number[],
    shape?: readonly number[],
  ): string {
    const dims = shape ?? (values.length === 1 ? [] : [values.length]);
    // Zero has a sign.
    const written = values.map((value) => (Object.is(value, -0) ? '-0' : value));
    const key = `${element}[${dims.join(',')}]:${written.join(',')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `${this.#prefix}constant_${this.#constants.size}`;
    this.#constants.set(key, name);
    this.initializers.push({
      name,
      dims: [...dims],
      dataType: elementNumbers[element],
      rawData: bytesOf(element, values),
    });
    return name;
  }

  /** A tensor inside the model under a name of its own. */
  tensor(name: string, array: StoredArray): string {
    const { data, shape } = array;
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    const dataType = elementNumbers[elementTypeOf(array)];
    this.initializers.push({ name, dims: [...shape], dataType, rawData });
    return name;
  }

  graph(name: string): GraphProto {
    const { nodes: node, initializers: initializer, inputs: input, outputs: output } = this;
    return { name, node, initializer, input, output };
  }

  #unique(name: string): string {
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }
}

function valueOf(
  name: string,
  element: keyof typeof elementNumbers,
  shape: readonly (number | string)[],
): ValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elementNumbers[element], shape: { dim } } } };
}

function attributeOf(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'string') return { name, s: utf8.encode(value), type: 3 };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { name, i: value, type: 2 } : { name, f: value, type: 1 };
  if (isNumbers(value))
    return value.every(Number.isInteger)
      ? { name, ints: [...value], type: 7 }
      : { name, floats: [...value], type: 6 };
  if ('float' in value) return { name, f: value.float, type: 1 };
  return { name, g: value, type: 5 };
}

function isNumbers(value: AttributeValue): value is readonly number[] {
  return Array.isArray(value);
}

function bytesOf(element: 'float32' | 'int64' | 'int32' | 'bool', values: readonly number[]): Uint8Array {
  switch (element) {
    case 'float32':
      return new Uint8Array(Float32Array.from(values).buffer);
    case 'int64':
      return new Uint8Array(BigInt64Array.from(values, (value) => BigInt(value)).buffer);
    case 'int32':
      return new Uint8Array(Int32Array.from(values).buffer);
    case 'bool':
      return Uint8Array.from(values, (value) => Number(value !== 0));
  }
}
