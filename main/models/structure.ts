/** @file An ONNX model as numbered graphs and nodes: who makes which value, which bodies hang on which node, which types are known. */
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from '../../native-models';
import { scopeOf } from './scopes';
import { inferTypes } from './shapes';
import { hasShape, opName, typeOfTensor, typeOfValue, type ValueType } from './values';

export interface GraphStructure {
  readonly id: number;
  readonly title: string;
  readonly parent: { readonly graph: number; readonly node: number } | null;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Indices of its nodes in the file's order, constants included. */
  readonly nodes: readonly number[];
  /** Index of the node that makes a value. */
  readonly producers: ReadonlyMap<string, number>;
  readonly initializers: ReadonlyMap<string, TensorProto>;
  readonly types: ReadonlyMap<string, ValueType>;
}

export interface NodeStructure {
  /** Position over all graphs of the model. */
  readonly index: number;
  readonly graph: number;
  /** As in the file; may be empty or occur again. */
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly scope: readonly string[];
  readonly attributes: readonly AttributeProto[];
  readonly bodies: readonly { readonly graph: number; readonly attribute: string }[];
  /** Values of its own graph that its bodies read without being given them. */
  readonly captures: readonly string[];
  /** The value of a Constant, or of an Identity of a weight, as exporters write shared ones: part of the nodes that read it. */
  readonly constant: TensorProto | true | null;
}

export interface ModelStructure {
  readonly graphs: readonly GraphStructure[];
  readonly nodes: readonly NodeStructure[];
}

/** Numbers every graph and node of a model. Cheap: weights are not looked at. */
export function structureOf(model: ModelProto): ModelStructure {
  const graphs: GraphStructure[] = [];
  const nodes: NodeStructure[] = [];
  addGraph(model.graph ?? {}, model.graph?.name || 'main graph', null, graphs, nodes);
  const structure = { graphs, nodes };
  // From outside inwards: a body reads what the graphs around it have made.
  for (const graph of graphs)
    inferTypes(
      graph.nodes.map((index) => nodes[index]!),
      graph.types as Map<string, ValueType>,
      (name) => typeOf(structure, graph.id, name),
      (name) => constantAt(structure, graph.id, name),
    );
  return structure;
}

/** The values of a weight or Constant as seen from a graph. */
export function constantAt(structure: ModelStructure, graph: number, value: string): TensorProto | undefined {
  for (let at: number | undefined = graph; at !== undefined; at = structure.graphs[at]?.parent?.graph) {
    const weight = structure.graphs[at]?.initializers.get(value);
    if (weight) return weight;
    const made = structure.graphs[at]?.producers.get(value);
    if (made === undefined) continue;
    const { constant } = structure.nodes[made]!;
    return constant && constant !== true ? constant : undefined;
  }
  return undefined;
}

/** The type of a value as seen from a graph: its own, else that of the graphs around it. */
export function typeOf(structure: ModelStructure, graph: number, value: string): ValueType | undefined {
  for (let at: number | undefined = graph; at !== undefined; at = structure.graphs[at]?.parent?.graph) {
    const found = structure.graphs[at]?.types.get(value);
    if (found) return found;
  }
  return undefined;
}

function addGraph(
  proto: GraphProto,
  title: string,
  parent: GraphStructure['parent'],
  graphs: GraphStructure[],
  nodes: NodeStructure[],
): { id: number; captures: Set<string> } {
  const id = graphs.length;
  const initializers = new Map((proto.initializer ?? []).map((tensor) => [tensor.name ?? '', tensor]));
  const types = declaredTypes(proto, initializers);
  const producers = new Map<string, number>();
  const own: number[] = [];
  const inputs = (proto.input ?? []).map(({ name = '' }) => name).filter((name) => !initializers.has(name));
  // The place is taken before the bodies take theirs, so that graphs are numbered in the file's order.
  const graph = {
    id,
    title,
    parent,
    inputs,
    outputs: [] as string[],
    nodes: own,
    producers,
    initializers,
    types,
  };
  graphs.push(graph);
  for (const { name = '' } of proto.output ?? []) graph.outputs.push(name);

  const reads = new Set<string>(graph.outputs);
  for (const node of proto.node ?? []) {
    const index = nodes.length;
    own.push(index);
    const slot = { index } as NodeStructure;
    nodes.push(slot);
    for (const output of node.output ?? []) if (output !== '') producers.set(output, index);
    const { bodies, captures } = addBodies(node, id, index, graphs, nodes);
    Object.assign(slot, describeNode(node, index, id, initializers), { bodies, captures: [...captures] });
    for (const name of [...slot.inputs, ...captures]) if (name !== '') reads.add(name);
    if (slot.constant) {
      const type = slot.constant === true ? undefined : typeOfTensor(slot.constant);
      if (type && slot.outputs[0]) types.set(slot.outputs[0], type);
    }
  }
  const known = new Set([...inputs, ...initializers.keys(), ...producers.keys()]);
  return { id, captures: new Set([...reads].filter((name) => name !== '' && !known.has(name))) };
}

function addBodies(
  node: NodeProto,
  graph: number,
  index: number,
  graphs: GraphStructure[],
  nodes: NodeStructure[],
): { bodies: NodeStructure['bodies'][number][]; captures: Set<string> } {
  const bodies: NodeStructure['bodies'][number][] = [];
  const captures = new Set<string>();
  for (const { name = 'graph', g, graphs: several } of node.attribute ?? [])
    for (const body of [...(g ? [g] : []), ...(several ?? [])]) {
      const title = `${node.name || opName(node)} ${name.replaceAll('_', ' ')}`;
      const added = addGraph(body, title, { graph, node: index }, graphs, nodes);
      bodies.push({ graph: added.id, attribute: name });
      for (const capture of added.captures) captures.add(capture);
    }
  return { bodies, captures };
}

function describeNode(
  node: NodeProto,
  index: number,
  graph: number,
  initializers: ReadonlyMap<string, TensorProto>,
): Omit<NodeStructure, 'bodies' | 'captures'> {
  const standard = !node.domain || node.domain === 'ai.onnx';
  const constant =
    standard && node.opType === 'Constant'
      ? (node.attribute?.find(({ name }) => name === 'value')?.t ?? (true as const))
      : standard && node.opType === 'Identity'
        ? (initializers.get(node.input?.[0] ?? '') ?? null)
        : null;
  return {
    index,
    graph,
    name: node.name ?? '',
    op: node.opType ?? '?',
    domain: standard ? '' : node.domain!,
    inputs: node.input ?? [],
    outputs: node.output ?? [],
    scope: scopeOf(node),
    attributes: (node.attribute ?? []).filter(({ g, graphs }) => !g && !graphs?.length),
    constant,
  };
}

function declaredTypes(
  proto: GraphProto,
  initializers: ReadonlyMap<string, TensorProto>,
): Map<string, ValueType> {
  const types = new Map<string, ValueType>();
  for (const value of [...(proto.valueInfo ?? []), ...(proto.output ?? []), ...(proto.input ?? [])]) {
    const type = typeOfValue(value);
    if (type && value.name)
      types.set(value.name, hasShape(value) ? type : { element: type.element, shape: null });
  }
  for (const [name, tensor] of initializers) types.set(name, typeOfTensor(tensor));
  return types;
}
