/**
 * @file Maps of constant strength folded into the weights of a graph that is built here: into the gain and bias of a norm or
 * the rows of the linear map that makes a value, or into the linear maps that read it. Weights are changed when they are
 * written, so that nothing is read before.
 */
import {
  externalTensors,
  type GraphProto,
  type LazyWeight,
  type ModelProto,
  type NodeProto,
} from '../../../native-models';
import { foldIntoLinear, foldIntoNorm, pushShift, type FoldedUnits } from '../../steering/folding';

type Change = (values: Float32Array) => Float32Array | Promise<Float32Array>;

const linearMap = 'FusedMatMul';
const norms = ['RMSNormalization', 'LayerNormalization'];

/** A graph and its weights while maps are folded into them. */
export class FoldingGraph {
  readonly #model: ModelProto;
  readonly #nodes: NodeProto[];
  readonly #weights: Map<string, LazyWeight>;
  readonly #outputs: ReadonlySet<string>;

  constructor({ model, weights }: { model: ModelProto; weights: readonly LazyWeight[] }) {
    this.#model = model;
    this.#nodes = (model.graph?.node ?? []).map((node) => ({ ...node }));
    this.#weights = new Map(weights.map((weight) => [weight.name, weight]));
    this.#outputs = new Set((model.graph?.output ?? []).map(({ name }) => name ?? ''));
  }

  /** Folds a map of the value into the weights around it; why that is not possible, in words, or null where it is done. */
  fold(value: string, units: FoldedUnits): string | null {
    const { index, reshaped } = this.#makerOf(value);
    const maker = this.#nodes[index];
    if (!maker) return 'nothing in the graph makes this value';
    if (norms.includes(maker.opType!) && !reshaped) return this.#foldNorm(value, maker, units);
    const product = this.#linearBehind(maker);
    if (product) return this.#foldLinear(index, maker, product, units);
    return this.#foldReaders(value, units);
  }

  /** The graph with its weights at their places in the data file `location`. */
  result(location: string): { model: ModelProto; weights: LazyWeight[] } {
    const graph: GraphProto = this.#model.graph ?? {};
    const weights = [...this.#weights.values()];
    const inner = (graph.initializer ?? []).filter(({ dataLocation }) => dataLocation !== 1);
    const initializer = [...inner, ...externalTensors(weights, location)];
    return { model: { ...this.#model, graph: { ...graph, node: this.#nodes, initializer } }, weights };
  }

  #foldNorm(value: string, norm: NodeProto, units: FoldedUnits): string | null {
    const [, gain, bias] = norm.input!;
    const own = [gain!, ...(bias ? [bias] : [])];
    if (!own.every((name) => this.#isOwn(name))) return 'its norm shares weights with another';
    const shifts = units.shift.some((value) => value !== 0);
    if (!bias && shifts) {
      const refused = this.#push(value, units.shift);
      if (refused !== null) return refused;
    }
    this.#change(gain!, (values) => foldIntoNorm(values, null, units).gain);
    if (bias)
      this.#change(bias, (values) => foldIntoNorm(new Float32Array(values.length), values, units).bias!);
    return null;
  }

  /** Rows of the map that makes the value, and its bias. */
  #foldLinear(index: number, maker: NodeProto, product: NodeProto, units: FoldedUnits): string | null {
    const weight = product.input![1]!;
    if (!this.#isOwn(weight)) return 'the map that makes it shares its weights with another';
    const bias = maker === product ? null : this.#biasOf(maker)!;
    if (bias !== null && !this.#isOwn(bias)) return 'the map that makes it shares its bias with another';
    this.#change(weight, (values) => foldIntoLinear({ weight: values, bias: null }, units).weight);
    const moved = (values: Float32Array | null) =>
      Float32Array.from(units.shift, (shift, unit) => units.scale[unit]! * (values?.[unit] ?? 0) + shift);
    if (bias !== null) this.#change(bias, moved);
    else if (units.shift.some((value) => value !== 0))
      this.#addBias(index, units.shift.length, async () => moved(null));
    return null;
  }

  /** Columns of the maps that read the value, and their biases. */
  #foldReaders(value: string, units: FoldedUnits): string | null {
    const readers = this.#linearReaders(value);
    if (readers === null) return 'it is a sum that more than linear maps read';
    if (readers.some(({ input }) => !this.#isOwn(input![1]!)))
      return 'a map that reads it shares its weights with another';
    if (units.shift.some((value) => value !== 0)) {
      const refused = this.#push(value, units.shift);
      if (refused !== null) return refused;
    }
    const columns = units.scale.length;
    for (const { input } of readers)
      this.#change(input![1]!, (values) => values.map((one, at) => one * units.scale[at % columns]!));
    return null;
  }

  /** Lets every map that reads the value take up W·shift; the values that it reads stay without the shift. */
  #push(value: string, shift: Float64Array): string | null {
    const readers = this.#linearReaders(value);
    if (readers === null) return 'its shift would have to go into a sum that others read';
    for (const reader of readers) {
      const weight = this.#weights.get(reader.input![1]!)!;
      // As the weights are now: what is folded later does not change what this map adds.
      const pushed = async (bias: Float32Array | null) =>
        pushShift({ weight: floats(await weight.bytes()), bias }, shift).bias!;
      const bias = this.#biasAfter(reader);
      if (bias !== null) this.#change(bias, pushed);
      else this.#addBias(this.#nodes.indexOf(reader), weight.dims[0]!, () => pushed(null));
    }
    return null;
  }

  /** The linear maps that read a value, or null where anything else does too. */
  #linearReaders(value: string): NodeProto[] | null {
    if (this.#outputs.has(value)) return null;
    const readers = this.#nodes.filter(({ input }) => input?.includes(value));
    const linear = readers.every(
      ({ opType, input }) => opType === linearMap && input![0] === value && this.#weights.has(input![1]!),
    );
    return linear && readers.length > 0 ? readers : null;
  }

  /** The node that makes a value, through reshapes that only it reads. */
  #makerOf(value: string): { index: number; reshaped: boolean } {
    let index = this.#nodes.findIndex(({ output }) => output?.includes(value));
    let reshaped = false;
    while (this.#nodes[index]?.opType === 'Reshape') {
      const from = this.#nodes[index]!.input![0]!;
      if (this.#nodes.filter(({ input }) => input?.includes(from)).length > 1) break;
      index = this.#nodes.findIndex(({ output }) => output?.includes(from));
      reshaped = true;
    }
    return { index, reshaped };
  }

  /** The product of a node that is one, or adds a bias to one. */
  #linearBehind(node: NodeProto): NodeProto | null {
    if (node.opType === linearMap) return this.#weights.has(node.input![1]!) ? node : null;
    if (node.opType !== 'Add' || this.#biasOf(node) === null) return null;
    const product = node.input!.find((name) => !this.#weights.has(name));
    const maker = this.#nodes.find(({ output }) => output?.includes(product!));
    const only = this.#nodes.filter(({ input }) => input?.includes(product!)).length === 1;
    return maker?.opType === linearMap && only && this.#weights.has(maker.input![1]!) ? maker : null;
  }

  /** The bias of its own that alone reads a product. */
  #biasAfter({ output }: NodeProto): string | null {
    const readers = this.#nodes.filter(({ input }) => input?.includes(output![0]!));
    const [only] = readers;
    if (readers.length !== 1 || only!.opType !== 'Add') return null;
    const bias = this.#biasOf(only!);
    return bias !== null && this.#isOwn(bias) ? bias : null;
  }

  #biasOf({ input = [] }: NodeProto): string | null {
    return input.find((name) => this.#weights.get(name)?.dims.length === 1) ?? null;
  }

  /** Whether a weight is read once. */
  #isOwn(name: string): boolean {
    const uses = this.#nodes.reduce(
      (count, { input = [] }) => count + input.filter((one) => one === name).length,
      0,
    );
    return uses === 1 && this.#weights.get(name)?.type === 'float32';
  }

  #change(name: string, change: Change): void {
    const weight = this.#weights.get(name)!;
    this.#weights.set(name, {
      ...weight,
      bytes: async () => bytesOf(await change(floats(await weight.bytes()))),
    });
  }

  /** What a node makes, plus a vector. */
  #addBias(index: number, size: number, make: () => Promise<Float32Array>): void {
    const node = this.#nodes[index]!;
    const [value] = node.output!;
    const before = `${value}__unmoved_${this.#weights.size}`;
    const name = `steering.bias ${value} ${this.#weights.size}`;
    this.#weights.set(name, {
      ...{ name, type: 'float32', dims: [size] },
      bytes: async () => bytesOf(await make()),
    });
    this.#nodes[index] = { ...node, output: node.output!.map((one) => (one === value ? before : one)) };
    const add: NodeProto = {
      opType: 'Add',
      name: `${name}/Add`,
      input: [before, name],
      output: [value!],
      attribute: [],
    };
    this.#nodes.splice(index + 1, 0, add);
  }
}

function floats(bytes: Uint8Array): Float32Array {
  const copy = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(copy.buffer, copy.byteOffset, copy.byteLength / 4);
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
