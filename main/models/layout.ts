/** @file Places the boxes of a picture from top to bottom with dagre's layered layout; expanded blocks are frames. */
import { graphlib, layout } from '@dagrejs/dagre';
import type { ModelEdge, ModelFrame, ModelItem } from '../contract/models';

export interface Drawn {
  items: ModelItem[];
  frames: ModelFrame[];
  edges: ModelEdge[];
}

const MARGIN = 24;
/** Room above the items of a frame for its title, and between the titles of frames in each other. */
const FRAME_TITLE = 26;
const NESTED_TITLE = 32;
const ITEM_HEIGHT = 42;
const VALUE_HEIGHT = 30;
const NARROWEST = 104;
const WIDEST = 216;

/** Fills in all positions; answers the size of the whole. The same picture gives the same positions. */
export function placeView({ items, frames, edges }: Drawn): { width: number; height: number } {
  const graph = new graphlib.Graph({ directed: true, compound: true, multigraph: false });
  graph.setGraph({ rankdir: 'TB', nodesep: 22, edgesep: 10, ranksep: 40, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const item of items) {
    const size = sizeOf(item);
    Object.assign(item, size);
    graph.setNode(item.id, { ...size });
  }
  for (const frame of frames) graph.setNode(frame.id, { width: 0, height: 0 });
  for (const { id, parent } of [...items, ...frames]) if (parent !== null) graph.setParent(id, parent);
  const routed = edges.filter((edge) => !edge.aside);
  for (const { from, to, label } of routed)
    graph.setEdge(from, to, label ? { width: 6.2 * label.length, height: 14, labelpos: 'c' } : {});
  layout(graph);

  let [right, bottom] = [0, 0];
  for (const item of items) {
    const at = graph.node(item.id) as { x: number; y: number };
    Object.assign(item, { x: round(at.x), y: round(at.y) });
    right = Math.max(right, item.x + item.width / 2);
    bottom = Math.max(bottom, item.y + item.height / 2);
  }
  // The innermost first: a frame must leave room for the titles of those inside.
  const tops = new Map<string, number>();
  for (const frame of [...frames].reverse()) {
    const at = graph.node(frame.id) as { x: number; y: number; width: number; height: number };
    const inner = frames
      .filter(({ parent }) => parent === frame.id)
      .map(({ id }) => tops.get(id)! - NESTED_TITLE);
    const top = Math.min(at.y - at.height / 2 - FRAME_TITLE, ...inner);
    const end = at.y + at.height / 2;
    tops.set(frame.id, top);
    Object.assign(frame, {
      x: round(at.x),
      y: round((top + end) / 2),
      width: round(at.width),
      height: round(end - top),
    });
    right = Math.max(right, at.x + at.width / 2);
    bottom = Math.max(bottom, end);
  }
  for (const edge of routed) {
    const at = graph.edge(edge.from, edge.to) as { points: { x: number; y: number }[] };
    edge.points = at.points.flatMap(({ x, y }) => [round(x), round(y)]);
    for (const { x, y } of at.points) [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
  }
  return { width: round(right + MARGIN), height: round(bottom + MARGIN) };
}

/** The text is measured where it is drawn; here an average letter has to do, and the view shortens what is longer. */
function sizeOf({ kind, title, detail, bodies }: ModelItem): { width: number; height: number } {
  const sign = kind === 'block' || bodies.length > 0 ? 20 : 0;
  const letters = Math.max(7.4 * title.length + sign, 6 * detail.length) + 32;
  const height = kind === 'node' || kind === 'block' ? ITEM_HEIGHT : VALUE_HEIGHT;
  return { width: Math.round(Math.min(WIDEST, Math.max(NARROWEST, letters))), height };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
