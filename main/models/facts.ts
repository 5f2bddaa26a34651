/** @file The outside of an ONNX model: its inputs, outputs, operators and size of the weights. */
import type { GraphProto, ModelProto, ValueInfoProto } from '../../native-models';
import type { ModelFacts, ValueFacts } from '../contract/models';
import { rolesOf } from './roles';
import { hasShape, opName, typeOfValue } from './values';

/** What can be said of a model without running it. */
export function modelFacts(model: ModelProto, file: string): ModelFacts {
  const graph = model.graph ?? {};
  const initializers = graph.initializer ?? [];
  const weights = new Set(initializers.map((tensor) => tensor.name));
  const operators = new Map<string, number>();
  const total = countOperators(graph, operators);
  const nodes = graph.node?.length ?? 0;
  const elements = initializers.map((tensor) =>
    (tensor.dims ?? []).reduce<number>((n, d) => n * Number(d), 1),
  );
  return {
    file,
    format: 'onnx',
    irVersion: Number(model.irVersion ?? 0),
    opsets: Object.fromEntries(
      (model.opsetImport ?? []).map(({ domain, version }) => [domain || 'ai.onnx', Number(version ?? 0)]),
    ),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    inputs: (graph.input ?? []).filter((input) => !weights.has(input.name)).map(valueFacts),
    outputs: (graph.output ?? []).map(valueFacts),
    nodes,
    nodesInBodies: total - nodes,
    operators: Object.fromEntries([...operators].sort(([a, n], [b, m]) => m - n || a.localeCompare(b))),
    initializers: initializers.length,
    parameters: elements.reduce((sum, n) => sum + n, 0),
    ...rolesFound(model, nodes),
  };
}

/** Graphs of more nodes are trainings and the like, whose sums are no chain of blocks. */
const MOST_NODES = 50_000;

function rolesFound(model: ModelProto, nodes: number): Pick<ModelFacts, 'roles'> {
  if (nodes > MOST_NODES) return {};
  const { layers, hooks, absent } = rolesOf(model);
  if (layers === 0) return {};
  return {
    roles: {
      layers,
      hooks: hooks.map(({ id, role, value }) => ({ id, role, value })),
      absent: absent.map(({ id, role, reason }) => ({ id, role, reason })),
    },
  };
}

/** Adds the operators of a graph and its bodies; answers how many nodes there are. */
function countOperators(graph: GraphProto, operators: Map<string, number>): number {
  let total = 0;
  for (const node of graph.node ?? []) {
    const name = opName(node);
    operators.set(name, (operators.get(name) ?? 0) + 1);
    total += 1;
    for (const { g, graphs } of node.attribute ?? [])
      for (const body of [...(g ? [g] : []), ...(graphs ?? [])]) total += countOperators(body, operators);
  }
  return total;
}

function valueFacts(value: ValueInfoProto): ValueFacts {
  const type = typeOfValue(value);
  return {
    name: value.name ?? '',
    type: type?.element ?? 'not a tensor',
    shape: type?.shape ?? [],
    ...(type !== null && !hasShape(value) ? { anyRank: true } : {}),
  };
}
