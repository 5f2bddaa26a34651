/** @file A model's main graph as roles are looked for in it: who makes and reads a value, what is constant, linear maps, norms. */
import type { GraphProto, NodeProto } from '../../native-models';

/** Values pass these unchanged, apart from their type. */
const sameValue = new Set(['Identity', 'Dropout', 'Cast']);
/** From here on a value is only asked for its sizes. */
const sizesOnly = new Set(['Shape', 'Size']);
const linearOps = new Set(['MatMul', 'Gemm', 'FusedMatMul', 'MatMulNBits']);
const skipNorms = new Set(['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization']);
const wholeNorms = new Set([
  'LayerNormalization',
  'RMSNormalization',
  'SimplifiedLayerNormalization',
  ...skipNorms,
]);
/** What norms are written out with. */
const normSteps = new Set([
  'Pow',
  'Mul',
  'ReduceMean',
  'Add',
  'Sub',
  'Sqrt',
  'Reciprocal',
  'Div',
  'Cast',
  'Identity',
]);

export interface LinearMap {
  node: number;
  /** What goes in, before rows of a batch are put one below the other. */
  input: string;
  /** What comes out, with its bias, [batch, tokens, outputs]. */
  output: string;
  outputs: number | null;
  inputs: number | null;
}

/** The main graph, indexed. Bodies of other nodes are not looked into. */
export class RoleGraph {
  readonly nodes: readonly NodeProto[];
  readonly outputs: readonly string[];
  readonly #producers = new Map<string, number>();
  readonly #consumers = new Map<string, number[]>();
  readonly #dims = new Map<string, readonly number[]>();
  readonly #constant = new Map<string, boolean>();
  readonly #inputs: ReadonlySet<string>;

  constructor(graph: GraphProto) {
    this.nodes = graph.node ?? [];
    this.outputs = (graph.output ?? []).map(({ name }) => name ?? '');
    for (const { name, dims } of graph.initializer ?? [])
      this.#dims.set(name ?? '', (dims ?? []).map(Number));
    this.#inputs = new Set(
      (graph.input ?? []).map(({ name }) => name ?? '').filter((name) => !this.#dims.has(name)),
    );
    for (const [index, node] of this.nodes.entries()) {
      for (const name of node.output ?? []) if (name !== '') this.#producers.set(name, index);
      for (const name of new Set(node.input)) this.#consumers.set(name, [...this.consumers(name), index]);
    }
  }

  consumers(value: string): readonly number[] {
    return this.#consumers.get(value) ?? [];
  }

  producer(value: string): number | undefined {
    return this.#producers.get(value);
  }

  op(node: number): string {
    return this.nodes[node]!.opType ?? '';
  }

  output(node: number, at = 0): string {
    return this.nodes[node]!.output?.[at] ?? '';
  }

  /** Inputs of a node that are computed from the model's inputs. */
  data(node: number): string[] {
    return (this.nodes[node]!.input ?? []).filter((name) => name !== '' && !this.isConstant(name));
  }

  /** Whether a value is a weight or follows from weights alone. */
  isConstant(value: string): boolean {
    const known = this.#constant.get(value);
    if (known !== undefined) return known;
    if (this.#dims.has(value)) return true;
    const made = this.#producers.get(value);
    if (made === undefined) return !this.#inputs.has(value);
    // A value that reads itself in a circle is none.
    this.#constant.set(value, false);
    const result = (this.nodes[made]!.input ?? []).every((name) => name === '' || this.isConstant(name));
    this.#constant.set(value, result);
    return result;
  }

  /** Sizes of a constant where they follow from weights. */
  dims(value: string): readonly number[] | null {
    const own = this.#dims.get(value);
    if (own) return own;
    const made = this.#producers.get(value);
    if (made === undefined || !this.isConstant(value)) return null;
    const inputs = (this.nodes[made]!.input ?? []).map((name) => this.dims(name) ?? []);
    const longest = inputs.reduce((best, dims) => (dims.length > best.length ? dims : best), []);
    if (longest.length === 0) return null;
    return this.op(made) === 'Transpose' ? [...longest].reverse() : longest;
  }

  /** The value itself and what is the same by another name or in another type, forwards. */
  same(value: string): string[] {
    const found = [value];
    for (const name of found)
      for (const node of this.consumers(name))
        if (sameValue.has(this.op(node))) found.push(this.output(node));
    return found;
  }

  /** Everything that is computed from the values of this one, itself included. */
  after(value: string): Set<string> {
    const found = new Set([value]);
    for (const name of found)
      for (const node of this.consumers(name))
        if (!sizesOnly.has(this.op(node)))
          for (const output of this.nodes[node]!.output ?? []) if (output !== '') found.add(output);
    return found;
  }

  /** Everything that goes into a value, itself included, among `within`; not beyond where `stop` says so. */
  before(value: string, within: ReadonlySet<string>, stop: (value: string) => boolean): Set<string> {
    const found = new Set([value]);
    for (const name of found) {
      const made = this.#producers.get(name);
      if (made === undefined || stop(name) || sizesOnly.has(this.op(made))) continue;
      for (const input of this.nodes[made]!.input ?? []) if (within.has(input)) found.add(input);
    }
    return found;
  }

  /** A node that multiplies by a weight. */
  isLinear(node: number): boolean {
    const weight = this.nodes[node]!.input?.[1];
    return linearOps.has(this.op(node)) && weight !== undefined && this.isConstant(weight);
  }

  isSkipNorm(node: number): boolean {
    return skipNorms.has(this.op(node));
  }

  /** The map around a linear node: with its bias, and with the batch apart again where it was rows. */
  linear(node: number): LinearMap {
    const [given = '', weight = ''] = this.nodes[node]!.input ?? [];
    let input = given;
    let output = this.output(node);
    const bias = this.#only(output, 'Add');
    if (bias !== null && this.data(bias).length === 1) output = this.output(bias);
    if (this.op(node) === 'Gemm') {
      const apart = this.#only(output, 'Reshape');
      if (apart !== null) output = this.output(apart);
      const rows = this.producer(input);
      if (rows !== undefined && this.op(rows) === 'Reshape') input = this.nodes[rows]!.input![0]!;
    }
    const attribute = (name: string) =>
      Number(this.nodes[node]!.attribute?.find((each) => each.name === name)?.i ?? 0);
    if (this.op(node) === 'MatMulNBits')
      return { node, input, output, outputs: attribute('N') || null, inputs: attribute('K') || null };
    const dims = this.dims(weight) ?? [];
    const [rows, columns] = dims.length === 2 ? dims : [];
    const turned = attribute('transB') !== 0;
    return {
      ...{ node, input, output },
      outputs: (turned ? rows : columns) ?? null,
      inputs: (turned ? columns : rows) ?? null,
    };
  }

  /** Linear maps that a value is made of, the nearest on every way back. */
  linearsBefore(value: string, within: ReadonlySet<string>): LinearMap[] {
    const isMap = (name: string) => {
      const made = this.#producers.get(name);
      return made !== undefined && this.isLinear(made);
    };
    return [...this.before(value, within, isMap)]
      .filter(isMap)
      .map((name) => this.linear(this.#producers.get(name)!));
  }

  /** Outputs of norms that read a value, whole or written out in steps. */
  norms(value: string): string[] {
    const found: string[] = [];
    for (const name of this.same(value))
      for (const node of this.consumers(name))
        if (wholeNorms.has(this.op(node)) && !this.isSkipNorm(node) && this.nodes[node]!.input?.[0] === name)
          found.push(this.output(node));
    const written = this.#writtenNorm(value);
    return written === null ? found : [...found, written];
  }

  /** x · 1/√(mean x² + ε) · gain, or the same with the mean off and a bias. */
  #writtenNorm(value: string): string | null {
    const steps = new Set([value]);
    let averaged = false;
    for (const name of steps)
      for (const node of this.consumers(name)) {
        const data = this.data(node);
        if (!normSteps.has(this.op(node)) || !data.every((each) => steps.has(each))) continue;
        averaged ||= this.op(node) === 'ReduceMean';
        const gain = (this.nodes[node]!.input ?? []).find((each) => this.isConstant(each));
        const isGain = gain !== undefined && (this.dims(gain)?.reduce((a, b) => a * b, 1) ?? 1) > 1;
        if (this.op(node) === 'Mul' && isGain && averaged && this.#normalised(data, steps)) {
          const bias = this.#only(this.output(node), 'Add');
          return bias !== null && this.data(bias).length === 1 ? this.output(bias) : this.output(node);
        }
        steps.add(this.output(node));
      }
    return null;
  }

  /** Whether a value comes out of a root: gains follow it, nothing else that reads a state does. */
  #normalised(values: readonly string[], steps: ReadonlySet<string>): boolean {
    return values.some((value) =>
      [...this.before(value, steps, () => false)].some((name) => {
        const made = this.#producers.get(name);
        return made !== undefined && (this.op(made) === 'Sqrt' || this.op(made) === 'Pow');
      }),
    );
  }

  /** The one reader of a value, where it is of this kind. */
  #only(value: string, op: string): number | null {
    const [first, ...others] = this.consumers(value);
    return first !== undefined && others.length === 0 && this.op(first) === op ? first : null;
  }
}
