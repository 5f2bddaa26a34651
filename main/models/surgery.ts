/** @file Changes to a model's main graph that leave all it computed as it was: more outputs, and operators put into a value's way. */
import { GraphBuilder, type GraphProto, type ModelProto } from '../../native-models';
import { MongeError } from '../../native-models/error';

/** A value of the graph, and what is known of it. */
export interface OutputRequest {
  /** The value to hand out. */
  value: string;
  /** ONNX's number of its element type where the runtime cannot tell it; default: left to the runtime. */
  element?: number;
}

/**
 * The model with these values among its outputs. A value without a known type is declared by its name alone, which the
 * runtime completes.
 * @throws `graph-value-unknown` where the main graph has no such value
 */
export function withOutputs(model: ModelProto, requests: readonly OutputRequest[]): ModelProto {
  const graph = mainGraph(model);
  const there = new Set((graph.output ?? []).map(({ name }) => name));
  const infos = new Map((graph.valueInfo ?? []).map((info) => [info.name, info]));
  const added = requests
    .filter(({ value }) => !there.has(value))
    .map(({ value, element }) => {
      requireValue(graph, value);
      const known = infos.get(value);
      if (known) return known;
      return element === undefined
        ? { name: value }
        : { name: value, type: { tensorType: { elemType: element } } };
    });
  return { ...model, graph: { ...graph, output: [...(graph.output ?? []), ...added] } };
}

/** The model with what a builder made at its end: nodes, constants, inputs and outputs. */
export function withAppended(model: ModelProto, builder: GraphBuilder): ModelProto {
  const graph = mainGraph(model);
  const join = <T>(a: readonly T[] | undefined, b: readonly T[]) => [...(a ?? []), ...b];
  return {
    ...model,
    graph: {
      ...graph,
      node: join(graph.node, builder.nodes),
      initializer: join(graph.initializer, builder.initializers),
      input: join(graph.input, builder.inputs),
      output: join(graph.output, builder.outputs),
    },
  };
}

/**
 * The model with an operator in the way of `value`: whoever made it now makes `<value>__pre`, and the nodes that `build`
 * adds make `value` from that, so that no reader, in bodies and outputs too, needs to be told. `build` gets the new name
 * and must produce `value` itself.
 * @throws `graph-value-unknown`, `graph-value-taken` where `<value>__pre` exists already
 */
export function withOperator(
  model: ModelProto,
  value: string,
  build: (builder: GraphBuilder, before: string) => void,
): ModelProto {
  const graph = mainGraph(model);
  requireValue(graph, value);
  const before = `${value}__pre`;
  if (valuesOf(graph).has(before))
    throw new MongeError({
      code: 'graph-value-taken',
      what: 'an operator was put here already',
      where: { tensor: value },
      help: 'start from the model as it was',
    });
  const builder = new GraphBuilder(`monge/${value}`);
  build(builder, before);
  const nodes = graph.node ?? [];
  const at = nodes.findIndex(({ output = [] }) => output.includes(value));
  // Inputs and weights have no maker to rename: their readers are turned to the new value instead.
  if (at < 0) return withReaders(model, value, builder, before);
  const maker = nodes[at]!;
  const renamed = { ...maker, output: maker.output!.map((name) => (name === value ? before : name)) };
  const node = [...nodes.slice(0, at), renamed, ...builder.nodes, ...nodes.slice(at + 1)];
  return {
    ...model,
    graph: {
      ...graph,
      node,
      initializer: [...(graph.initializer ?? []), ...builder.initializers],
      input: [...(graph.input ?? []), ...builder.inputs],
      output: [...(graph.output ?? []), ...builder.outputs],
    },
  };
}

function withReaders(model: ModelProto, value: string, builder: GraphBuilder, before: string): ModelProto {
  const graph = mainGraph(model);
  const after = `${value}__post`;
  const rename = (name: string) => (name === before ? value : name === value ? after : name);
  const added = builder.nodes.map((node) => ({
    ...node,
    input: node.input!.map(rename),
    output: node.output!.map(rename),
  }));
  const turned = (nodes: GraphProto['node']): GraphProto['node'] =>
    nodes?.map((node) => ({
      ...node,
      input: (node.input ?? []).map((name) => (name === value ? after : name)),
      attribute: (node.attribute ?? []).map((attribute) =>
        attribute.g ? { ...attribute, g: { ...attribute.g, node: turned(attribute.g.node) } } : attribute,
      ),
    }));
  return {
    ...model,
    graph: {
      ...graph,
      node: [...added, ...turned(graph.node)!],
      initializer: [...(graph.initializer ?? []), ...builder.initializers],
      input: [...(graph.input ?? []), ...builder.inputs],
      output: [...(graph.output ?? []), ...builder.outputs],
    },
  };
}

function mainGraph({ graph }: ModelProto): GraphProto {
  return graph ?? {};
}

function valuesOf({ node = [], input = [], initializer = [] }: GraphProto): Set<string> {
  return new Set([
    ...node.flatMap(({ output = [] }) => output),
    ...[...input, ...initializer].map(({ name }) => name ?? ''),
  ]);
}

function requireValue(graph: GraphProto, value: string): void {
  if (value !== '' && valuesOf(graph).has(value)) return;
  throw new MongeError({
    code: 'graph-value-unknown',
    what: 'the main graph has no such value',
    where: { tensor: value },
    help: 'values inside the bodies of Loop, Scan and If cannot be looked at from outside',
  });
}
