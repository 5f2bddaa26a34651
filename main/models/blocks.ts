/** @file The nodes of a graph as a tree of blocks by scope; equal neighbours are piled, and levels that no picture can hold cut into parts. */
import type { GraphStructure, ModelStructure, NodeStructure } from './structure';

export interface Block {
  /** Titles from the outermost block, joined by slashes; unique in its graph, empty for the whole graph. */
  readonly path: string;
  readonly title: string;
  readonly parent: Block | null;
  /** Blocks and nodes in the order of their first node. */
  readonly children: readonly (Block | number)[];
  /** Nodes inside, at any depth. */
  readonly count: number;
  /** Set for a pile of equal nodes and a part of a long level: nothing in the file names it. */
  readonly part: boolean;
}

/** More children than this and a level is cut into parts of about equal length. */
export const MOST_CHILDREN = 120;
const PART = 60;
/** At least so many equal nodes side by side make a pile. */
const PILE = 8;

interface Growing {
  path: string;
  title: string;
  parent: Growing | null;
  children: (Growing | number)[];
  byTitle: Map<string, Growing>;
  count: number;
  part: boolean;
}

/** The tree of one graph. Constants are left out: they belong to the nodes that read them. */
export function blockTree(structure: ModelStructure, graph: GraphStructure): Block {
  const root = block('', '', null);
  for (const index of graph.nodes) {
    const node = structure.nodes[index]!;
    if (node.constant) continue;
    let at = root;
    at.count += 1;
    for (const title of node.scope) {
      let next = at.byTitle.get(title);
      if (!next) {
        next = block(at.path === '' ? title : `${at.path}/${title}`, title, at);
        at.byTitle.set(title, next);
        at.children.push(next);
      }
      at = next;
      at.count += 1;
    }
    at.children.push(index);
  }
  root.children = root.children.map(plain);
  pile(root, structure, graph);
  cut(root);
  return root;
}

/** The blocks around every node, innermost last; by node index. */
export function blocksOf(root: Block): Map<number, Block[]> {
  const found = new Map<number, Block[]>();
  const visit = (at: Block, around: Block[]): void => {
    for (const child of at.children) {
      if (typeof child === 'number') found.set(child, around);
      else visit(child, [...around, child]);
    }
  };
  visit(root, []);
  return found;
}

/** `MatMul ×24 · Add ×40`: the commonest operators of a block. */
export function operatorsText(nodes: readonly NodeStructure[], most = 2): string {
  const counts = new Map<string, number>();
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b)).slice(0, most);
  return sorted.map(([op, n]) => (n === 1 ? op : `${op} ×${n}`)).join(' · ');
}

/** All node indices inside a block, in order. */
export function nodesInside(at: { readonly children: readonly (Block | number)[] }): number[] {
  return at.children.flatMap((child) => (typeof child === 'number' ? [child] : nodesInside(child)));
}

function block(path: string, title: string, parent: Growing | null, part = false): Growing {
  return { path, title, parent, children: [], byTitle: new Map(), count: 0, part };
}

/** A block with one node is that node, and a block with nothing but one block is one step, not two. */
function plain(child: Growing | number): Growing | number {
  if (typeof child === 'number') return child;
  if (child.count === 1) return firstNode(child);
  const [only] = child.children;
  if (child.children.length === 1 && typeof only === 'object') {
    only.title = `${child.title}/${only.title}`;
    only.parent = child.parent;
    return plain(only);
  }
  child.children = child.children.map(plain);
  return child;
}

function firstNode(at: Growing): number {
  const [child] = at.children;
  return typeof child === 'number' ? child : firstNode(child!);
}

/**
 * Puts nodes of one operator that read from and give to the same siblings into one block, such as the 72 reshapes before
 * a concatenation: side by side they would make the picture as wide as they are many.
 */
function pile(at: Growing, structure: ModelStructure, graph: GraphStructure): void {
  for (const child of at.children) if (typeof child === 'object') pile(child, structure, graph);
  const direct = at.children.filter((child) => typeof child === 'number');
  if (direct.length < PILE) return;
  const siblings = new Map<number, number>();
  at.children.forEach((child, i) => {
    for (const index of typeof child === 'number' ? [child] : nodesInside(child)) siblings.set(index, i);
  });
  const reads = at.children.map(() => new Set<number>());
  const gives = at.children.map(() => new Set<number>());
  for (const [index, to] of siblings) {
    const { inputs, captures } = structure.nodes[index]!;
    for (const name of [...inputs, ...captures]) {
      const from = siblings.get(graph.producers.get(name) ?? -1);
      if (from === undefined || from === to) continue;
      reads[to]!.add(from);
      gives[from]!.add(to);
    }
  }
  const piles = new Map<string, number[]>();
  for (const index of direct) {
    const i = siblings.get(index)!;
    const key = [structure.nodes[index]!.op, [...reads[i]!].join(), [...gives[i]!].join()].join('|');
    piles.set(key, [...(piles.get(key) ?? []), index]);
  }
  for (const [key, members] of piles) {
    if (members.length < PILE || structure.nodes[members[0]!]!.bodies.length > 0) continue;
    const op = key.slice(0, key.indexOf('|'));
    const title = free(at, `${op} ×${members.length}`);
    const made = block(at.path === '' ? title : `${at.path}/${title}`, title, at, true);
    made.children = members;
    made.count = members.length;
    const inside = new Set<Growing | number>(members);
    at.children[at.children.indexOf(members[0]!)] = made;
    at.children = at.children.filter((child) => !inside.has(child));
  }
}

/** A title that no block of this level has yet. */
function free(at: Growing, wanted: string): string {
  const taken = new Set(at.children.flatMap((child) => (typeof child === 'object' ? [child.title] : [])));
  let title = wanted;
  for (let n = 2; taken.has(title); n += 1) title = `${wanted} (${n})`;
  return title;
}

/** Cuts long levels into parts of neighbours: along the order of execution, so that parts follow each other. */
function cut(at: Growing): void {
  for (const child of at.children) if (typeof child === 'object') cut(child);
  for (let level = 1; at.children.length > MOST_CHILDREN; level += 1) {
    const parts = Math.ceil(at.children.length / PART);
    const size = Math.ceil(at.children.length / parts);
    const all = at.children;
    at.children = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => {
      const title = level === 1 ? `part ${i + 1}` : `group ${i + 1}`;
      const part = block(at.path === '' ? title : `${at.path}/${title}`, title, at, true);
      part.children = all.slice(i * size, (i + 1) * size);
      for (const child of part.children) {
        part.count += typeof child === 'number' ? 1 : child.count;
        if (typeof child === 'object') child.parent = part;
      }
      return part;
    });
  }
}
