/** @file The outside of an ONNX model: its inputs, outputs, operators and size of the weights. */
import { decodeModel, elementTypeName } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { table } from './text';

type Model = ReturnType<typeof decodeModel>;
type ValueInfo = NonNullable<NonNullable<Model['graph']>['input']>[number];

export interface ModelFacts {
  file: string;
  format: 'onnx';
  irVersion: number;
  opsets: Record<string, number>;
  producer: string;
  inputs: { name: string; type: string; shape: (number | string)[] }[];
  outputs: { name: string; type: string; shape: (number | string)[] }[];
  nodes: number;
  /** How often each operator occurs in the main graph, most frequent first. */
  operators: Record<string, number>;
  initializers: number;
  parameters: number;
}

/** Throws the coded error of the ONNX reader, with the file named. */
export function modelFacts(bytes: Uint8Array, file: string): ModelFacts {
  let model: Model;
  try {
    model = decodeModel(bytes);
  } catch (thrown) {
    if (!(thrown instanceof MongeError)) throw thrown;
    throw new MongeError({ ...thrown.detail, where: { ...thrown.detail.where, file } }, { cause: thrown });
  }
  const graph = model.graph ?? {};
  const nodes = graph.node ?? [];
  const initializers = graph.initializer ?? [];
  const weights = new Set(initializers.map((tensor) => tensor.name));
  const operators = new Map<string, number>();
  for (const { opType = '?', domain } of nodes) {
    const name = domain ? `${domain}::${opType}` : opType;
    operators.set(name, (operators.get(name) ?? 0) + 1);
  }
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
    inputs: (graph.input ?? []).filter((input) => !weights.has(input.name)).map(describeValue),
    outputs: (graph.output ?? []).map(describeValue),
    nodes: nodes.length,
    operators: Object.fromEntries([...operators].sort(([a, n], [b, m]) => m - n || a.localeCompare(b))),
    initializers: initializers.length,
    parameters: elements.reduce((sum, n) => sum + n, 0),
  };
}

export function describeModel(facts: ModelFacts): string {
  const pairs = (record: Readonly<Record<string, number>>) =>
    Object.entries(record)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ');
  const values = (title: string, list: ModelFacts['inputs']) =>
    list.map(({ name, type, shape }) => [title, `${name}: ${type}[${shape.join(', ')}]`]);
  return table([
    ['file', facts.file],
    ['format', `onnx, IR version ${facts.irVersion}, opsets ${pairs(facts.opsets)}`],
    ['producer', facts.producer || 'not named'],
    ...values('input', facts.inputs),
    ...values('output', facts.outputs),
    ['nodes', String(facts.nodes)],
    ['operators', pairs(facts.operators)],
    ['weights', `${facts.initializers} tensors, ${facts.parameters} numbers`],
  ]);
}

function describeValue(value: ValueInfo): ModelFacts['inputs'][number] {
  const tensor = value.type?.tensorType;
  const dims = tensor?.shape?.dim ?? [];
  return {
    name: value.name ?? '',
    type: tensor ? elementTypeName(tensor.elemType) : 'not a tensor',
    shape: dims.map((dim) => dim.dimParam || (dim.dimValue === undefined ? '?' : Number(dim.dimValue))),
  };
}
