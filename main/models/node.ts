/** @file Everything about one node: attributes in words, inputs with their origin, weights with a line of statistics. */
import { tensorValues, type AttributeProto, type TensorProto } from '../../native-models';
import { MongeError } from '../../native-models/error';
import type { ModelProfile } from './profile';
import { shapesOf } from './profile';
import { constantAt, typeOf, type ModelStructure, type NodeStructure } from './structure';
import type { ModelNodeInfo, ModelValue, NodeHit } from '../contract/models';
import type { BlockModel } from './view';
import { bytesOf, elementName, typeText } from './values';

/** Larger tensors are summed up from an even thinning: the line below a weight must not take seconds. */
const MOST_READ_BYTES = 64 * 2 ** 20;
const FEW_VALUES = 8;
const MOST_HITS = 60;
const LONGEST_TEXT = 200;

/** @throws `node-unknown` */
export function nodeInfo(model: BlockModel, index: number, profile: ModelProfile | null): ModelNodeInfo {
  const { structure } = model;
  const node = structure.nodes[index];
  if (!node)
    throw new MongeError({
      code: 'node-unknown',
      what: 'the model has no such node',
      where: { key: 'node' },
      got: String(index),
      expected: `0 to ${structure.nodes.length - 1}`,
    });
  const around = model.tree(model.graph(node.graph)).blocks.get(index) ?? [];
  return {
    index,
    graph: node.graph,
    name: node.name,
    op: node.op,
    domain: node.domain,
    attributes: node.attributes.map((attribute) => ({
      name: attribute.name ?? '',
      value: attributeText(attribute),
    })),
    inputs: [
      ...node.inputs.map((name) => inputValue(structure, node, name, profile)),
      ...node.captures.map((name) => inputValue(structure, node, name, profile)),
    ],
    outputs: node.outputs
      .filter((name) => name !== '')
      .map((name) => ({ name, type: valueType(structure, node.graph, name, profile), from: '' as const })),
    bodies: node.bodies.map(({ graph, attribute }) => ({
      graph,
      attribute,
      nodes: structure.graphs[graph]!.nodes.length,
    })),
    blocks: around.map((block) => block.path),
    profile: profile && {
      milliseconds: profile.calls[index]! > 0 ? profile.milliseconds[index]! : null,
      share: profile.calls[index]! > 0 ? profile.milliseconds[index]! / profile.total : null,
      calls: profile.calls[index]!,
      ranAs: profile.ranAs[index] ?? '',
      outputBytes: profile.calls[index]! > 0 ? profile.outputBytes[index]! : null,
      provider: profile.providers[index] ?? '',
    },
  };
}

/** Nodes whose name or operator holds the text, whatever its case; exact operators first, then the file's order. */
export function findNodes(model: BlockModel, text: string): NodeHit[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const { structure } = model;
  const drawn = structure.nodes.filter((node) => !node.constant);
  const exact = drawn.filter((node) => node.op.toLowerCase() === wanted);
  const other = drawn.filter(
    (node) =>
      node.op.toLowerCase() !== wanted &&
      (node.name.toLowerCase().includes(wanted) || node.op.toLowerCase().includes(wanted)),
  );
  return [...exact, ...other].slice(0, MOST_HITS).map(({ index, graph, name, op }) => ({
    node: index,
    graph,
    name,
    op,
    blocks: (model.tree(model.graph(graph)).blocks.get(index) ?? []).map((block) => block.path),
  }));
}

function inputValue(
  structure: ModelStructure,
  node: NodeStructure,
  name: string,
  profile: ModelProfile | null,
): ModelValue {
  if (name === '') return { name: '', type: '', from: 'none' };
  const type = valueType(structure, node.graph, name, profile);
  const tensor = constantAt(structure, node.graph, name);
  if (!tensor) return { name, type, from: originOf(structure, node.graph, name) };
  const elements = (tensor.dims ?? []).reduce<number>((product, dim) => product * Number(dim), 1);
  const isWeight = originOf(structure, node.graph, name) !== 'constant';
  return {
    name,
    type,
    from: isWeight ? 'weight' : 'constant',
    elements,
    bytes: bytesOf(elementName(Number(tensor.dataType ?? 0)), elements),
    ...statisticsOf(tensor, elements),
  };
}

function originOf(structure: ModelStructure, graph: number, name: string): ModelValue['from'] {
  const here = structure.graphs[graph]!;
  const maker = here.producers.get(name);
  if (maker !== undefined) return structure.nodes[maker]!.constant ? 'constant' : 'node';
  if (here.initializers.has(name)) return 'weight';
  return here.inputs.includes(name) ? 'input' : 'outside';
}

function valueType(
  structure: ModelStructure,
  graph: number,
  name: string,
  profile: ModelProfile | null,
): string {
  const declared = typeOf(structure, graph, name);
  const measured = shapesOf(profile)(graph, name);
  if (measured === undefined) return typeText(declared);
  const shape = measured === 'scalar' ? '' : measured.replaceAll('×', ', ');
  return `${declared && declared.element !== '?' ? declared.element : ''}[${shape}]`;
}

function statisticsOf(tensor: TensorProto, elements: number): Pick<ModelValue, 'statistics' | 'values'> {
  if (elements === 0 || (tensor.rawData?.length ?? 0) > MOST_READ_BYTES) return {};
  let data: Float64Array;
  try {
    data = tensorValues(tensor).data;
  } catch {
    // Text, half precision, or values in another file: their size is all that is told.
    return {};
  }
  if (data.length <= FEW_VALUES) return { values: [...data] };
  let [minimum, maximum, sum, squares, zeros] = [Infinity, -Infinity, 0, 0, 0];
  for (const value of data) {
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
    sum += value;
    if (value === 0) zeros += 1;
  }
  const mean = sum / data.length;
  for (const value of data) squares += (value - mean) ** 2;
  return {
    statistics: { minimum, maximum, mean, standardDeviation: Math.sqrt(squares / data.length), zeros },
  };
}

function attributeText(attribute: AttributeProto): string {
  const { f, i, s, t, floats, ints, strings, type } = attribute;
  const kind = Number(type ?? 0);
  if (kind === 1 || (kind === 0 && f !== undefined)) return String(Number((f ?? 0).toPrecision(7)));
  if (kind === 2 || (kind === 0 && i !== undefined)) return String(i ?? 0);
  if (kind === 3 || (kind === 0 && s !== undefined))
    return clip(new TextDecoder().decode(s ?? new Uint8Array()));
  if (t) return `tensor ${elementName(Number(t.dataType ?? 0))}[${(t.dims ?? []).join(', ')}]`;
  const list = floats?.map((value) => Number(value.toPrecision(7))) ?? ints;
  if (list) return clip(`[${list.join(', ')}]`);
  if (strings) return clip(strings.map((one) => new TextDecoder().decode(one)).join(', '));
  return kind === 6 || kind === 7 || kind === 8 ? '[]' : 'of a kind that is not shown';
}

function clip(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}
