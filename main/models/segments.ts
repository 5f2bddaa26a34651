/** @file A graph cut where hooks are made, into parts that are run one after the other with something done to the hooks between. */
import {
  elementNumbers,
  pruneGraph,
  readsOf,
  type ElementType,
  type GraphProto,
  type HookPoint,
  type ModelProto,
  type ValueInfoProto,
} from '../../native-models';

/** The part of a graph that ends where a hook's value is made. */
export interface Segment {
  hook: HookPoint;
  /** Values that the parts before it made and this or a later one reads: what is kept between two parts. */
  carriedIn: readonly string[];
  /** What is kept after it. The hook's own value is among them where a later part reads it. */
  carriedOut: readonly string[];
  /** What it makes: the hook's value and new ones of `carriedOut`; empty where an earlier part made the hook already. */
  makes: readonly string[];
}

export interface Segments {
  /** In the order in which the hooks are computed. */
  parts: readonly Segment[];
  /** A part as a model of its own; `known` are types and ranks of the values that are carried in. */
  model: (part: number, known: ReadonlyMap<string, CarriedType>) => ModelProto;
}

export interface CarriedType {
  type: ElementType;
  dims: readonly number[];
}

/**
 * Cuts a graph at hooks. What no hook of `all` can change (masks, positions) is computed again by each part, from the inputs
 * of the graph; everything else is computed once, and what later parts need is carried.
 */
export function cutAtHooks(
  model: ModelProto,
  hooks: readonly HookPoint[],
  all: readonly HookPoint[],
): Segments {
  const graph = pruneGraph({
    ...model.graph,
    output: hooks.map(({ value }) => ({ name: value, type: { tensorType: { elemType: 1 } } })),
  });
  const nodes = graph.node ?? [];
  const reads = nodes.map((node) => readsOf(node));
  const madeAt = new Map(nodes.flatMap(({ output = [] }, at) => output.map((name) => [name, at] as const)));
  // A value that is no node's is there before everything.
  const placeOf = ({ value }: HookPoint) => madeAt.get(value) ?? -1;
  const ordered = hooks.toSorted((a, b) => placeOf(a) - placeOf(b) || all.indexOf(a) - all.indexOf(b));
  const changing = changingValues(graph, reads, all);
  const lastRead = new Map<string, number>();
  reads.forEach((names, at) => {
    for (const name of names) if (changing.has(name)) lastRead.set(name, at);
  });

  const parts: Segment[] = [];
  let carried: readonly string[] = [];
  for (const [part, hook] of ordered.entries()) {
    const end = placeOf(hook);
    const later = new Set(ordered.slice(part + 1).map(({ value }) => value));
    const carriedOut = [...changing].filter(
      (name) => madeAt.get(name)! <= end && (lastRead.get(name)! > end || later.has(name)),
    );
    const before = new Set(carried);
    const makes = [...new Set([hook.value, ...carriedOut])].filter((name) => !before.has(name));
    parts.push({ hook, carriedIn: carried, carriedOut, makes });
    carried = carriedOut;
  }

  const hookShapes = new Map(all.map(({ value, role, shape }) => [value, { role, shape }]));
  return {
    parts,
    model(part, known) {
      const { carriedIn, makes, hook } = parts[part]!;
      const [start, end] = [part === 0 ? -1 : placeOf(parts[part - 1]!.hook), placeOf(hook)];
      const kept = pruneGraph({
        ...graph,
        node: nodes.filter(
          ({ output = [] }, at) => !output.some((name) => changing.has(name)) || (at > start && at <= end),
        ),
        output: makes.map((name) =>
          hookShapes.has(name) ? { name, type: { tensorType: { elemType: 1 } } } : { name },
        ),
        valueInfo: [],
      });
      const read = new Set((kept.node ?? []).flatMap((node) => [...readsOf(node)]));
      const input = [
        ...(kept.input ?? []).filter(({ name }) => read.has(name ?? '')),
        ...carriedIn
          .filter((name) => read.has(name))
          .map((name) => carriedInput(name, known.get(name)!, hookShapes.get(name))),
      ];
      return { ...model, graph: { ...kept, input } };
    },
  };
}

/** The values that a hook is or that are computed from one, in the order of computation. */
function changingValues(
  graph: GraphProto,
  reads: readonly ReadonlySet<string>[],
  all: readonly HookPoint[],
): Set<string> {
  const hooks = new Set(all.map(({ value }) => value));
  const found = new Set<string>();
  (graph.node ?? []).forEach(({ output = [] }, at) => {
    const changes = output.some((name) => hooks.has(name)) || [...reads[at]!].some((name) => found.has(name));
    if (changes) for (const name of output) if (name !== '') found.add(name);
  });
  return found;
}

/** Sizes are told where a hook has them; others may be those of a text. */
function carriedInput(
  name: string,
  { type, dims }: CarriedType,
  hook: Pick<HookPoint, 'role' | 'shape'> | undefined,
): ValueInfoProto {
  const open = dims.map(() => ({}));
  const dim =
    hook && hook.role !== 'pattern' && hook.shape.length + 2 === dims.length
      ? [
          { dimParam: 'batch' },
          { dimParam: 'tokens' },
          ...hook.shape.map((size) => (typeof size === 'number' ? { dimValue: size } : {})),
        ]
      : open;
  return { name, type: { tensorType: { elemType: elementNumbers[type], shape: { dim } } } };
}
