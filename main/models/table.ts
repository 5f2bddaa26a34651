/** @file All nodes of a graph as CSV, with their blocks. */
import type { ModelProfile } from './profile';
import { typeOf } from './structure';
import { typeText } from './values';
import type { BlockModel } from './view';

/** One line per node in the file's order; times are empty before a profile. @throws `graph-unknown` */
export function nodesCsv(model: BlockModel, graph: number, profile: ModelProfile | null): string {
  const { structure } = model;
  const head = [
    'index',
    'name',
    'operator',
    'domain',
    'block',
    'inputs',
    'outputs',
    'output types',
    'milliseconds per run',
    'share',
    'calls per run',
    'output bytes',
  ];
  const { blocks } = model.tree(model.graph(graph));
  const lines = model.graph(graph).nodes.map((index) => {
    const node = structure.nodes[index]!;
    const measured = profile && profile.calls[index]! > 0 ? profile : null;
    return [
      index,
      node.name,
      node.op,
      node.domain,
      blocks.get(index)?.at(-1)?.path ?? '',
      node.inputs.join(' '),
      node.outputs.join(' '),
      node.outputs.map((name) => typeText(typeOf(structure, graph, name)) || '?').join(' '),
      measured ? measured.milliseconds[index]! : '',
      measured ? measured.milliseconds[index]! / measured.total : '',
      measured ? measured.calls[index]! : '',
      measured ? measured.outputBytes[index]! : '',
    ];
  });
  return [head, ...lines].map((line) => line.map(cell).join(',')).join('\n') + '\n';
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
