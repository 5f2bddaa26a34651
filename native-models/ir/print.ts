/** @file Graphs as readable text: one line per node, with names, types and attributes. */
import { nameNodes, type Graph } from './graph';
import type { AttributeValue, Node, Tensor } from './tensor';
import { formatType } from './types';
import { isGraph } from './verify';

/**
 * The text of a graph, stable for equal graphs:
 * ```
 * step(w: f32[4,3], x: f32[8,4]) {
 *   %1: f32[8,3] = Gemm(x, w) transposeLeft=false transposeRight=false  // layer1/Gemm
 * } -> y: %1
 * ```
 */
export function printGraph(graph: Graph): string {
  return printBlock(graph, new Map(), { next: 1 }, '').join('\n') + '\n';
}

function printBlock(
  graph: Graph,
  outer: ReadonlyMap<Tensor, string>,
  counter: { next: number },
  indent: string,
) {
  const names = new Map(outer);
  for (const input of graph.inputs) names.set(input, indent === '' ? input.name : `$${input.name}`);
  const parameters = graph.inputs.map((input) => `${names.get(input)!}: ${formatType(input.type)}`);
  const lines = [`${graph.name}(${parameters.join(', ')}) {`];
  const nodeNames = nameNodes(graph);
  for (const node of graph.nodes) {
    for (const output of node.outputs) names.set(output, `%${counter.next++}`);
    lines.push(...printNode(node, nodeNames.get(node)!, names, counter, `${indent}  `));
  }
  const results = graph.outputs.map(({ name, tensor }) => `${name}: ${names.get(tensor) ?? '?'}`);
  lines.push(`${indent}} -> ${results.join(', ')}`);
  return lines;
}

function printNode(
  node: Node,
  name: string,
  names: ReadonlyMap<Tensor, string>,
  counter: { next: number },
  indent: string,
): string[] {
  const outputs = node.outputs.map((output) => `${names.get(output)!}: ${formatType(output.type)}`);
  const inputs = node.inputs.map((input) => names.get(input) ?? '?');
  const attributes = Object.entries(node.attributes)
    .filter(([, value]) => !isGraph(value))
    .map(([key, value]) => ` ${key}=${printAttribute(value)}`);
  const comment = name.includes('/') ? `  // ${name}` : '';
  const head = `${indent}${outputs.join(', ')} = ${node.op.name}(${inputs.join(', ')})${attributes.join('')}${comment}`;
  const body = Object.values(node.attributes).find(isGraph);
  if (!body) return [head];
  const [first, ...rest] = printBlock(body, names, counter, `${indent}  `);
  return [head, `${indent}  ${first!}`, ...rest];
}

function printAttribute(value: AttributeValue): string {
  if (ArrayBuffer.isView(value)) {
    const shown = Array.from(value.subarray(0, 4), (number) => Number(number.toPrecision(7)));
    return `[${shown.join(',')}${value.length > 4 ? `,… ${value.length} values` : ''}]`;
  }
  if (Array.isArray(value)) return `[${value.join(',')}]`;
  if (typeof value === 'object') return 'dtype' in value ? formatType(value) : '…';
  return String(value);
}
