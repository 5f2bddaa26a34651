/** @file One picture of a graph: which blocks are expanded, which boxes show, and the edges between them. */
import { MongeError } from '../../native-models/error';
import { blocksOf, blockTree, nodesInside, operatorsText, type Block } from './blocks';
import { placeView, type Drawn } from './layout';
import type { ModelProfile } from './profile';
import { profileSummary, shapesOf } from './profile';
import { typeOf, type GraphStructure, type ModelStructure } from './structure';
import type { ModelEdge, ModelFrame, ModelItem, ModelView, ModelViewRequest } from '../contract/models';
import { shapeText } from './values';

/** A picture with more boxes than this is neither read nor laid out in time. */
export const MOST_ITEMS = 200;
/** More inputs or outputs than this are one box. */
const MOST_VALUES = 5;
/** A box with more neighbours on one side than this keeps its nearest one in the picture; the others are set aside. */
const MOST_NEIGHBOURS = 5;
const NAMED_VALUES = 10;

/** A structure with its trees, which are made when first asked for. */
export class BlockModel {
  readonly #trees = new Map<number, { root: Block; blocks: Map<number, Block[]> }>();
  constructor(readonly structure: ModelStructure) {}

  tree(graph: GraphStructure): { root: Block; blocks: Map<number, Block[]> } {
    const known = this.#trees.get(graph.id);
    if (known) return known;
    const root = blockTree(this.structure, graph);
    const made = { root, blocks: blocksOf(root) };
    this.#trees.set(graph.id, made);
    return made;
  }

  /** @throws `graph-unknown` */
  graph(id: number): GraphStructure {
    const graph = this.structure.graphs[id];
    if (graph) return graph;
    throw new MongeError({
      code: 'graph-unknown',
      what: 'the model has no such graph',
      where: { key: 'graph' },
      got: String(id),
      expected: `0 to ${this.structure.graphs.length - 1}`,
    });
  }
}

/** The laid-out picture of a graph. @throws `graph-unknown` */
export function viewModel(
  model: BlockModel,
  { graph: id, open, values = [] }: ModelViewRequest,
  profile: ModelProfile | null,
): ModelView {
  const { structure } = model;
  const graph = model.graph(id);
  const { root, blocks } = model.tree(graph);
  const { opened, leftCollapsed } = chooseOpen(root, open);
  const drawn: Drawn = { items: [], frames: [], edges: [] };
  addBlocks(structure, root, opened, profile, drawn);
  const shown = shownItems(blocks, opened);
  addEdges(structure, graph, shown, profile, drawn);
  addMakers(graph, values, shown, drawn);
  const { width, height } = placeView(drawn);
  const constants = graph.nodes.filter((index) => structure.nodes[index]!.constant).length;
  return {
    graph: id,
    trail: trailOf(structure, id),
    ...drawn,
    width,
    height,
    leftCollapsed,
    nodes: graph.nodes.length - constants,
    constants,
    profile: profile && profileSummary(structure, profile),
  };
}

/** Says of every box which of the values are made in it. */
function addMakers(
  graph: GraphStructure,
  values: readonly string[],
  shown: (node: number) => string | undefined,
  { items }: Drawn,
): void {
  const byId = new Map(items.map((item) => [item.id, item]));
  for (const value of new Set(values)) {
    const maker = graph.producers.get(value);
    const item = maker === undefined ? undefined : byId.get(shown(maker) ?? '');
    if (item) item.makes = [...(item.makes ?? []), value];
  }
}

/** From the main graph to this one. */
function trailOf(structure: ModelStructure, id: number): { graph: number; title: string }[] {
  const trail: { graph: number; title: string }[] = [];
  for (let at = structure.graphs[id]; at; at = at.parent ? structure.graphs[at.parent.graph] : undefined)
    trail.unshift({ graph: at.id, title: at.title });
  return trail;
}

/** Opens the asked blocks from the outside in while there is room. */
function chooseOpen(root: Block, asked: readonly string[]): { opened: Set<Block>; leftCollapsed: string[] } {
  const wanted = new Set(asked);
  const opened = new Set([root]);
  const leftCollapsed: string[] = [];
  let shown = root.children.length;
  const waiting = [...root.children];
  for (let child = waiting.shift(); child !== undefined; child = waiting.shift()) {
    if (typeof child === 'number' || !wanted.has(child.path)) continue;
    const after = shown - 1 + child.children.length;
    if (after > MOST_ITEMS) {
      leftCollapsed.push(child.path);
      continue;
    }
    shown = after;
    opened.add(child);
    waiting.push(...child.children);
  }
  return { opened, leftCollapsed };
}

/** The box that stands for every node: the outermost collapsed block around it, or the node itself. */
function shownItems(
  blocks: ReadonlyMap<number, readonly Block[]>,
  opened: ReadonlySet<Block>,
): (node: number) => string | undefined {
  return (node) => {
    const around = blocks.get(node);
    if (!around) return undefined;
    const collapsed = around.find((block) => !opened.has(block));
    return collapsed ? blockId(collapsed) : nodeId(node);
  };
}

function nodeId(node: number): string {
  return `n${node}`;
}

function blockId(block: Block): string {
  return `b/${block.path}`;
}

function addBlocks(
  structure: ModelStructure,
  block: Block,
  opened: ReadonlySet<Block>,
  profile: ModelProfile | null,
  drawn: Drawn,
): void {
  const parent = block.path === '' ? null : blockId(block);
  for (const child of block.children) {
    if (typeof child === 'number') {
      drawn.items.push(nodeItem(structure, child, parent, profile));
      continue;
    }
    const { path, title, count: nodes } = child;
    const time = timeOf(nodesInside(child), profile);
    const id = blockId(child);
    if (opened.has(child)) {
      const { milliseconds, share } = time;
      const frame: ModelFrame = { id, path, title, nodes, parent, ...nowhere, milliseconds, share };
      drawn.frames.push(frame);
      addBlocks(structure, child, opened, profile, drawn);
      continue;
    }
    const detail = operatorsText(nodesInside(child).map((index) => structure.nodes[index]!));
    drawn.items.push({
      ...{ id, kind: 'block', title, detail, name: path, parent, nodes, node: null, bodies: [] },
      ...nowhere,
      ...time,
    });
  }
}

const nowhere = { x: 0, y: 0, width: 0, height: 0 };
const unmeasured = { milliseconds: null, share: null, outputBytes: null };

function nodeItem(
  structure: ModelStructure,
  index: number,
  parent: string | null,
  profile: ModelProfile | null,
): ModelItem {
  const node = structure.nodes[index]!;
  const inside = node.bodies.map(({ graph }) => structure.graphs[graph]!.nodes.length);
  const last = node.name.split('/').at(-1) ?? '';
  const own = last === node.op ? '' : last;
  const detail =
    inside.length > 0 ? `${inside.reduce((a, b) => a + b, 0).toLocaleString('en')} nodes inside` : own;
  return {
    id: nodeId(index),
    kind: 'node',
    title: node.domain === '' ? node.op : `${node.domain}::${node.op}`,
    detail,
    name: node.name,
    parent,
    nodes: 1,
    node: index,
    bodies: node.bodies.map(({ graph }) => graph),
    ...nowhere,
    ...timeOf([index], profile),
  };
}

function timeOf(
  nodes: readonly number[],
  profile: ModelProfile | null,
): Pick<ModelItem, 'milliseconds' | 'share' | 'outputBytes'> {
  if (!profile) return unmeasured;
  const measured = nodes.filter((index) => profile.calls[index]! > 0);
  if (measured.length === 0) return unmeasured;
  const milliseconds = measured.reduce((sum, index) => sum + profile.milliseconds[index]!, 0);
  const outputBytes = measured.reduce((sum, index) => sum + profile.outputBytes[index]!, 0);
  return { milliseconds, share: milliseconds / profile.total, outputBytes };
}

/** Edges between the shown boxes, one for all values that go the same way, and boxes for what comes in and goes out. */
function addEdges(
  structure: ModelStructure,
  graph: GraphStructure,
  shown: (node: number) => string | undefined,
  profile: ModelProfile | null,
  drawn: Drawn,
): void {
  const between = new Map<string, Set<string>>();
  const connect = (from: string, to: string, value: string): void => {
    if (from === to) return;
    const key = `${from}\n${to}`;
    const values = between.get(key) ?? new Set();
    between.set(key, values.add(value));
  };
  const sources = valueBoxes('input', graph.inputs);
  const sinks = valueBoxes('output', graph.outputs);
  const outside = new Set<string>();
  const used = new Set<string>();
  const sourceOf = (value: string): string | undefined => {
    const maker = graph.producers.get(value);
    if (maker !== undefined) return shown(maker);
    if (graph.initializers.has(value)) return undefined;
    const box = sources.get(value);
    if (box) {
      used.add(box.id);
      return box.id;
    }
    if (!graph.parent || isConstant(structure, graph, value)) return undefined;
    outside.add(value);
    return 'outside';
  };
  for (const index of graph.nodes) {
    const to = shown(index);
    const node = structure.nodes[index]!;
    if (to === undefined) continue;
    for (const value of [...node.inputs, ...node.captures]) {
      const from = value === '' ? undefined : sourceOf(value);
      if (from !== undefined) connect(from, to, value);
    }
  }
  for (const value of graph.outputs) {
    const from = sourceOf(value);
    const box = sinks.get(value);
    if (from !== undefined && box) connect(from, box.id, value);
  }
  for (const box of new Set(sources.values())) if (used.has(box.id)) drawn.items.push(box);
  for (const box of new Set(sinks.values())) drawn.items.push(box);
  if (outside.size > 0) drawn.items.push(valueBox('outside', 'outside', [...outside]));

  const measured = shapesOf(profile);
  for (const [key, values] of between) {
    const [from, to] = key.split('\n') as [string, string];
    const names = [...values];
    const [first] = names;
    const label =
      names.length === 1
        ? (measured(graph.id, first!) ?? shapeText(typeOf(structure, graph.id, first!)))
        : `${names.length.toLocaleString('en')} values`;
    const named = names.slice(0, NAMED_VALUES);
    drawn.edges.push({ from, to, label, values: named, count: names.length, points: [], aside: false });
  }
  setAside(drawn);
}

/**
 * Parameters go to every layer, and every layer goes to the backward pass: drawn, such edges would be all one sees. Of a
 * box with many readers the first one stays, of one with many sources the last, which are its neighbours in the order
 * of execution.
 */
function setAside({ items, edges }: Drawn): void {
  const place = new Map(items.map(({ id }, i) => [id, i] as const));
  const thin = (
    end: 'from' | 'to',
    other: 'from' | 'to',
    nearest: (a: number, b: number) => number,
  ): void => {
    const groups = new Map<string, ModelEdge[]>();
    for (const edge of edges) groups.set(edge[end], [...(groups.get(edge[end]) ?? []), edge]);
    for (const group of groups.values()) {
      if (group.length <= MOST_NEIGHBOURS) continue;
      const [kept] = [...group].sort((a, b) => nearest(place.get(a[other])!, place.get(b[other])!));
      for (const edge of group) if (edge !== kept) edge.aside = true;
    }
  };
  thin('from', 'to', (a, b) => a - b);
  thin('to', 'from', (a, b) => b - a);
}

/** Whether a value of an outer graph is a weight or a constant there, which is not drawn either. */
function isConstant(structure: ModelStructure, graph: GraphStructure, value: string): boolean {
  for (let at = graph.parent?.graph; at !== undefined; at = structure.graphs[at]?.parent?.graph) {
    const around = structure.graphs[at]!;
    if (around.initializers.has(value)) return true;
    const maker = around.producers.get(value);
    if (maker !== undefined) return structure.nodes[maker]!.constant !== null;
  }
  return false;
}

/** A box for each value, or one for all where there are many. */
function valueBoxes(kind: 'input' | 'output', names: readonly string[]): Map<string, ModelItem> {
  if (names.length > MOST_VALUES) {
    const all = valueBox(kind, kind, names);
    return new Map(names.map((name) => [name, all]));
  }
  return new Map(names.map((name) => [name, valueBox(`${kind}/${name}`, kind, [name])]));
}

function valueBox(id: string, kind: 'input' | 'output' | 'outside', names: readonly string[]): ModelItem {
  const many = names.length > 1 || kind === 'outside';
  const words = { input: 'inputs', output: 'outputs', outside: 'values' }[kind];
  const shown = names.slice(0, 3).join(', ');
  return {
    id,
    kind,
    title: many ? `${names.length.toLocaleString('en')} ${words}` : names[0]!,
    detail:
      kind === 'outside' ? 'from the graph around' : many ? `${shown}${names.length > 3 ? ' …' : ''}` : kind,
    name: names.join(', ').slice(0, 500),
    parent: null,
    nodes: 0,
    node: null,
    bodies: [],
    ...nowhere,
    ...unmeasured,
  };
}
