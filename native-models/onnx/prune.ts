/** @file Takes out of a graph what none of its outputs needs. */
import type { GraphProto, NodeProto } from './model';

/**
 * The graph without the nodes and initialisers that no output needs. Nodes with graphs inside are kept with all that
 * these read. Nodes are in order of computation before and after.
 */
export function pruneGraph(graph: GraphProto): GraphProto {
  const needed = new Set((graph.output ?? []).map(({ name }) => name ?? ''));
  const node = [...(graph.node ?? [])].reverse().filter(({ input, output, attribute }) => {
    if (!output?.some((name) => needed.has(name))) return false;
    for (const name of readsOf({ input, attribute })) needed.add(name);
    return true;
  });
  return {
    ...graph,
    node: node.reverse(),
    initializer: (graph.initializer ?? []).filter(({ name }) => needed.has(name ?? '')),
  };
}

/** What a node reads: its inputs, and all names in the graphs inside it, their own values among them. */
export function readsOf({ input, attribute }: Pick<NodeProto, 'input' | 'attribute'>): Set<string> {
  const reads = new Set(input ?? []);
  for (const { g } of attribute ?? []) if (g) addReads(g, reads);
  return reads;
}

function addReads(graph: GraphProto, needed: Set<string>): void {
  for (const { name } of graph.output ?? []) needed.add(name ?? '');
  for (const { input, attribute } of graph.node ?? []) {
    for (const name of input ?? []) needed.add(name);
    for (const { g } of attribute ?? []) if (g) addReads(g, needed);
  }
}
