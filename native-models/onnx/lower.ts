/** @file From a graph to an ONNX model: every node writes its own ONNX nodes, with unique names and shared constants. */
import { step } from '../debug';
import type { Graph } from '../ir/graph';
import { nameNodes } from '../ir/graph';
import type { Tensor } from '../ir/tensor';
import { isStatic, type Shape, type TensorType } from '../ir/types';
import type { Lowering, LoopRequest, OnnxAttributes } from '../ops/define';
import { encodeModel } from './codec';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './model';
import { DATA_TYPE, rawTensor } from './tensor-data';

export interface OnnxOptions {
  /** Version of the standard operator set; default 21. */
  opset?: number;
  /** Version of the file format; default 10. */
  irVersion?: number;
  producer?: string;
  /** Which kernels to prefer where they differ; default 'cpu'. */
  target?: 'cpu' | 'webgpu';
  /**
   * Uses ONNX Runtime's blocked convolution kernels, which are not standard ONNX: for training programs that run here,
   * never for files that others open. The value is the number of channels per block on this processor (8 or 16).
   */
  channelBlock?: number;
  /** Write the types of intermediate values too, for tools that draw the graph; default false, as no runtime needs them. */
  describe?: boolean;
}

/** The domain of the runtime's blocked convolution kernels. */
const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

/** The ONNX file of a graph. Symbolic sizes become named dimensions; standard operators only. */
export function toOnnx(graph: Graph, options: OnnxOptions = {}): Uint8Array {
  const model = step(
    graph.name,
    'lower',
    () => toModel(graph, options),
    ({ graph: lowered }) => `${lowered!.node!.length} outer ONNX nodes`,
  );
  return step(
    graph.name,
    'encode',
    () => encodeModel(model),
    (bytes) => `${bytes.length} bytes`,
  );
}

/** The ONNX model of a graph as plain objects. */
export function toModel(graph: Graph, options: OnnxOptions = {}): ModelProto {
  return {
    irVersion: options.irVersion ?? 10,
    producerName: options.producer ?? 'monge',
    opsetImport: [
      { domain: '', version: options.opset ?? 21 },
      ...(options.channelBlock === undefined ? [] : [{ domain: BLOCKED_DOMAIN, version: 1 }]),
    ],
    graph: new Emitter(graph, options).model(graph),
  };
}

class Emitter {
  readonly #target: 'cpu' | 'webgpu';
  readonly #channelBlock: number | undefined;
  readonly #describe: boolean;
  readonly #names = new Map<Tensor, string>();
  readonly #taken = new Set<string>();
  readonly #initializers: TensorProto[] = [];
  readonly #constants = new Map<string, string>();
  /** Where the value of a symbolic size can be read. */
  readonly #sizes = new Map<string, { input: string; axis: number }>();
  readonly #sizeOperands = new Map<string, string>();
  /** Nodes of the outermost graph that read sizes; they come first. */
  readonly #prologue: NodeProto[] = [];

  constructor(graph: Graph, { target = 'cpu', channelBlock, describe = false }: OnnxOptions) {
    this.#target = target;
    this.#channelBlock = target === 'cpu' ? channelBlock : undefined;
    this.#describe = describe;
    for (const { name } of graph.outputs) this.#taken.add(name);
    for (const input of graph.inputs) {
      this.#taken.add(input.name);
      this.#names.set(input, input.name);
      input.shape.forEach((dim, axis) => {
        if (typeof dim === 'string' && !this.#sizes.has(dim))
          this.#sizes.set(dim, { input: input.name, axis });
      });
    }
  }

  model(graph: Graph): GraphProto {
    const nodes = this.#nodes(graph);
    const identities: NodeProto[] = [];
    const renamed = new Map<string, string>();
    const inputNames = new Set(graph.inputs.map((input) => input.name));
    const constants = new Set(this.#initializers.map((tensor) => tensor.name));
    for (const { name, tensor } of graph.outputs) {
      const source = this.#names.get(tensor)!;
      const direct = !inputNames.has(source) && !constants.has(source) && !renamed.has(source);
      if (direct) renamed.set(source, name);
      else identities.push({ opType: 'Identity', name: `${name}/Identity`, input: [source], output: [name] });
    }
    const all = [...this.#prologue, ...nodes, ...identities];
    renameValues(all, renamed);
    // After the renaming: an output is declared under its new name already.
    const described = this.#described(graph, nodes);
    return {
      name: graph.name,
      ...(described.length > 0 ? { valueInfo: described } : {}),
      node: all,
      initializer: this.#initializers,
      input: graph.inputs.map((input) => valueInfo(input.name, input.type)),
      output: graph.outputs.map(({ name, tensor }) => valueInfo(name, tensor.type)),
    };
  }

  /** The types of the values that the nodes of a graph gave out, where they are wanted and not declared already. */
  #described(
    graph: Graph,
    nodes: readonly NodeProto[],
    declared: readonly ValueInfoProto[] = [],
  ): ValueInfoProto[] {
    if (!this.#describe) return [];
    const made = new Set(nodes.flatMap((node) => node.output ?? []));
    const seen = new Set(declared.map(({ name }) => name));
    const infos: ValueInfoProto[] = [];
    for (const output of graph.nodes.flatMap((node) => node.outputs)) {
      const name = this.#names.get(output)!;
      if (!made.has(name) || seen.has(name)) continue;
      seen.add(name);
      infos.push(valueInfo(name, output.type));
    }
    return infos;
  }

  /** Lowers the nodes of a graph or body; afterwards the names of their values are known. */
  #nodes(graph: Graph): NodeProto[] {
    const written: NodeProto[] = [];
    const nodeNames = nameNodes(graph, new Set(this.#taken));
    for (const node of graph.nodes) {
      const outputs = node.op.lower({
        inputs: node.inputs.map((input) => this.#names.get(input)!),
        inputTypes: node.inputs.map((input) => input.type),
        outputTypes: node.outputs.map((output) => output.type),
        attributes: node.attributes,
        build: this.#lowering(nodeNames.get(node)!, written),
      });
      node.outputs.forEach((output, position) => this.#names.set(output, outputs[position]!));
    }
    return written;
  }

  #lowering(nodeName: string, written: NodeProto[]): Lowering {
    return {
      target: this.#target,
      channelBlock: this.#channelBlock,
      emitBlocked: (opType, inputs, attributes) =>
        this.#emitMany(written, nodeName, opType, inputs, 1, attributes, BLOCKED_DOMAIN)[0]!,
      emit: (opType, inputs, attributes) => this.#emit(written, nodeName, opType, inputs, attributes),
      emitMany: (opType, inputs, count, attributes) =>
        this.#emitMany(written, nodeName, opType, inputs, count, attributes),
      integers: (values) => this.#constant(values, { dtype: 'int64', shape: [values.length] }),
      scalar: (value, dtype) => this.#constant([value], { dtype, shape: [] }),
      constant: (data, type) => this.#constant(data, type),
      shape: (shape) => this.#shape(shape),
      loop: (request) => this.#loop(written, nodeName, request),
    };
  }

  #emit(
    written: NodeProto[],
    base: string,
    opType: string,
    inputs: readonly string[],
    attributes?: OnnxAttributes,
  ): string {
    return this.#emitMany(written, base, opType, inputs, 1, attributes)[0]!;
  }

  #emitMany(
    written: NodeProto[],
    base: string,
    opType: string,
    inputs: readonly string[],
    count: number,
    attributes: OnnxAttributes = {},
    domain?: string,
  ): string[] {
    const name = this.#unique(base.endsWith(opType) ? base : `${base}/${opType}`);
    const rest = Array.from({ length: count - 1 }, (_, index) => this.#unique(`${name}.${index + 1}`));
    const output = [name, ...rest];
    written.push({
      opType,
      name,
      ...(domain === undefined ? {} : { domain }),
      input: [...inputs],
      output: [...output],
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
    return output;
  }

  #unique(base: string): string {
    let name = base;
    for (let count = 2; this.#taken.has(name); count++) name = `${base}_${count}`;
    this.#taken.add(name);
    return name;
  }

  /** A constant; small equal ones share one initializer of the outermost graph. */
  #constant(data: ArrayLike<number>, type: TensorType): string {
    const key =
      data.length <= 64
        ? `${type.dtype}[${type.shape.join()}]${Array.from(data, (value) => (Object.is(value, -0) ? '-0' : value)).join()}`
        : undefined;
    const before = key === undefined ? undefined : this.#constants.get(key);
    if (before !== undefined) return before;
    const name = this.#unique(`constant_${this.#initializers.length}`);
    this.#initializers.push(rawTensor(name, type.dtype, type.shape as readonly number[], data));
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  #shape(shape: Shape): string {
    if (isStatic(shape)) return this.#constant(shape, { dtype: 'int64', shape: [shape.length] });
    const key = shape.join();
    const before = this.#sizeOperands.get(key);
    if (before !== undefined) return before;
    const parts = shape.map((dim) =>
      typeof dim === 'number' ? this.#constant([dim], { dtype: 'int64', shape: [1] }) : this.#sizeOf(dim),
    );
    const name =
      parts.length === 1
        ? parts[0]!
        : this.#emit(this.#prologue, `shape_${key}`, 'Concat', parts, { axis: 0 });
    this.#sizeOperands.set(key, name);
    return name;
  }

  #sizeOf(dim: string): string {
    const key = `size ${dim}`;
    const before = this.#sizeOperands.get(key);
    if (before !== undefined) return before;
    const { input, axis } = this.#sizes.get(dim)!;
    const name = this.#emit(this.#prologue, `size_${dim}`, 'Shape', [input], { start: axis, end: axis + 1 });
    this.#sizeOperands.set(key, name);
    return name;
  }

  #loop(written: NodeProto[], base: string, request: LoopRequest): string[] {
    const { body, carry, over, length } = request;
    const name = this.#unique(base);
    const step = this.#unique(`${base}/step`);
    const keep = this.#unique(`${base}/keep`);
    const slices: NodeProto[] = [];
    const inputs: ValueInfoProto[] = [
      valueInfo(step, { dtype: 'int64', shape: [] }),
      valueInfo(keep, { dtype: 'bool', shape: [] }),
    ];
    body.inputs.forEach((input, position) => {
      const wanted = `${base}/${input.name}`;
      if (position < carry.length) {
        const carried = this.#unique(wanted);
        inputs.push(valueInfo(carried, input.type));
        this.#names.set(input, carried);
      } else {
        const source = over[position - carry.length]!;
        this.#names.set(input, this.#emit(slices, `${wanted}/Gather`, 'Gather', [source, step], { axis: 0 }));
      }
    });
    const nodes = this.#nodes(body);
    const keepOn = this.#emit(slices, `${base}/keepOn`, 'Identity', [keep]);
    const outputs = [valueInfo(keepOn, { dtype: 'bool', shape: [] })];
    const results: NodeProto[] = [];
    const made = new Set(nodes.flatMap((node) => node.output!));
    for (const output of body.outputs) {
      // A body output must be made inside the body, and only once: pass everything else through Identity.
      const source = this.#names.get(output.tensor)!;
      const given = made.delete(source);
      const outputName = given
        ? source
        : this.#emit(results, `${base}/next.${output.name}/Identity`, 'Identity', [source]);
      outputs.push(valueInfo(outputName, output.tensor.type));
    }
    const outerNames = body.outputs.map((output) => this.#unique(`${base}/${output.name}`));
    written.push({
      opType: 'Loop',
      name,
      input: [this.#constant([length], { dtype: 'int64', shape: [] }), '', ...carry],
      output: outerNames,
      attribute: [
        {
          name: 'body',
          type: 5,
          g: {
            name: body.name,
            node: [...slices, ...nodes, ...results],
            input: inputs,
            output: outputs,
            ...(this.#describe ? { valueInfo: this.#described(body, nodes, outputs) } : {}),
          },
        },
      ],
    });
    return outerNames;
  }
}

function attribute(name: string, value: OnnxAttributes[string]): AttributeProto {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: 1, f: value.float };
  return { name, type: 7, ints: [...value] };
}

function valueInfo(name: string, type: TensorType): ValueInfoProto {
  return {
    name,
    type: {
      tensorType: {
        elemType: DATA_TYPE[type.dtype],
        shape: {
          dim: type.shape.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })),
        },
      },
    },
  };
}

/** Renames values everywhere, also where loop bodies read them from outside. */
function renameValues(nodes: readonly NodeProto[], renamed: ReadonlyMap<string, string>): void {
  const rename = (name: string) => renamed.get(name) ?? name;
  for (const node of nodes) {
    node.input = node.input?.map(rename);
    node.output = node.output?.map(rename);
    for (const { g } of node.attribute ?? []) if (g) renameValues(g.node ?? [], renamed);
  }
}
