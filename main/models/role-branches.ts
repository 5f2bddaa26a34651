/** @file What stands inside a branch of a block: queries, keys, values and pattern of attention, the inner values of a perceptron. */
import type { LinearMap, RoleGraph } from './role-graph';

/** A place that was found, with its size per token, or the reason why there is none. */
export type FoundPlace = { value: string; size: number | null } | { reason: string };

const fusedAttention = new Set([
  'Attention',
  'MultiHeadAttention',
  'GroupQueryAttention',
  'DecoderMaskedMultiHeadAttention',
  'PackedMultiHeadAttention',
  'PagedAttention',
  'LinearAttention',
]);
const activations = new Set([
  ...['Sigmoid', 'Tanh', 'Erf', 'Gelu', 'FastGelu', 'QuickGelu', 'BiasGelu', 'Relu', 'Elu'],
  ...['Swish', 'HardSwish', 'Softplus', 'Mish', 'Silu'],
]);
const products = new Set(['MatMul', 'FusedMatMul', 'Gemm', 'Einsum']);
const cuts = new Set(['Split', 'Slice', 'Gather']);

/** The values between a state and what is added to it. */
export type Branch = ReadonlySet<string>;

/** The node that is attention as a whole or its softmax; undefined in a branch without attention. */
export function attentionNode(graph: RoleGraph, branch: Branch): number | undefined {
  for (const value of branch) {
    const made = graph.producer(value);
    if (made !== undefined && (graph.op(made) === 'Softmax' || fusedAttention.has(graph.op(made))))
      return made;
  }
  return undefined;
}

/** Queries, keys and values before norms of heads and positions, and the pattern. */
export function attentionPlaces(
  graph: RoleGraph,
  branch: Branch,
): Record<'q' | 'k' | 'v' | 'pattern', FoundPlace> {
  const node = attentionNode(graph, branch)!;
  const op = graph.op(node);
  if (op !== 'Softmax') {
    const pattern = { reason: `the pattern stays inside ${op}` };
    const [query = '', key = '', value = ''] = graph.nodes[node]!.input ?? [];
    // BERT's fused form has the weights of all three inside.
    if (graph.isConstant(key)) {
      const inside = { reason: `queries, keys and values are made inside ${op}` };
      if (key !== '') return { q: inside, k: inside, v: inside, pattern };
      const packed = { reason: `${op} reads queries, keys and values as one product` };
      return { q: packed, k: packed, v: packed, pattern };
    }
    return { ...projections(graph, branch, { q: query, k: key, v: value }), pattern };
  }
  const pattern = { value: graph.output(node), size: null };
  const scores = nearestProduct(graph, branch, graph.nodes[node]!.input![0]!);
  const values = productAfter(graph, branch, graph.output(node));
  if (scores === null || values === null) {
    const reason = { reason: 'the products around the softmax were not found' };
    return { q: reason, k: reason, v: reason, pattern };
  }
  const [q = '', k = ''] = graph.nodes[scores]!.input ?? [];
  const mixed = graph.after(graph.output(node));
  const v = (graph.nodes[values]!.input ?? []).find((name) => !mixed.has(name)) ?? '';
  return { ...projections(graph, branch, { q, k, v }), pattern };
}

/** What goes into the activation, and what goes into the last map. */
export function perceptronPlaces(
  graph: RoleGraph,
  branch: Branch,
  out: string,
): Record<'mlp_gate' | 'mlp_act', FoundPlace> {
  const last = graph.linearsBefore(out, branch);
  if (last.length !== 1) {
    const reason = { reason: `the branch ends in ${last.length} maps, not in one` };
    return { mlp_gate: reason, mlp_act: reason };
  }
  const { input, inputs } = last[0]!;
  const gate = gateOf(graph, branch, input);
  const sized = 'value' in gate && gate.size === null ? { ...gate, size: inputs } : gate;
  return { mlp_gate: sized, mlp_act: { value: input, size: inputs } };
}

function gateOf(graph: RoleGraph, branch: Branch, act: string): FoundPlace {
  const isMap = (name: string) => {
    const made = graph.producer(name);
    return made !== undefined && graph.isLinear(made);
  };
  for (const value of graph.before(act, branch, isMap)) {
    const made = graph.producer(value);
    if (made === undefined || !activations.has(graph.op(made))) continue;
    const [input = '', bias = ''] = graph.nodes[made]!.input ?? [];
    if (bias !== '' && graph.isConstant(bias))
      return { reason: `the bias before the activation is added inside ${graph.op(made)}` };
    const [map, ...others] = graph.linearsBefore(input, branch);
    if (map && others.length === 0) return partOf(graph, map, input, branch, act);
  }
  return { reason: 'no activation was found between two maps' };
}

/** Each operand's own map, or its part of a map that is made for several at once. */
function projections<Name extends string>(
  graph: RoleGraph,
  branch: Branch,
  operands: Record<Name, string>,
): Record<Name, FoundPlace> {
  const maps = Object.entries<string>(operands).map(([name, operand]) => ({
    ...{ name, operand },
    found: graph.linearsBefore(operand, branch),
  }));
  const places = maps.map(({ name, operand, found }): [string, FoundPlace] => {
    const [map, ...others] = found;
    if (!map || others.length > 0) return [name, { reason: `made of ${found.length} maps, not of one` }];
    const users = maps.filter((other) => other.found.some(({ node }) => node === map.node));
    return [
      name,
      users.length === 1 ? { value: map.output, size: map.outputs } : cutOf(graph, map, operand, branch),
    ];
  });
  return Object.fromEntries(places) as Record<Name, FoundPlace>;
}

/** The map's output where all of it goes on into `whole` through `part`; else the piece of it that does. */
function partOf(graph: RoleGraph, map: LinearMap, part: string, branch: Branch, whole: string): FoundPlace {
  const ways = graph.linearsBefore(whole, branch);
  const isCut = ways.length === 1 && graph.consumers(map.output).some((node) => cuts.has(graph.op(node)));
  return isCut ? cutOf(graph, map, part, branch) : { value: map.output, size: map.outputs };
}

/** The piece of a map's output that an operand is made of, cut off before any axes are turned. */
function cutOf(graph: RoleGraph, map: LinearMap, operand: string, branch: Branch): FoundPlace {
  let from = map.output;
  let readers = graph.consumers(from);
  while (readers.length === 1 && graph.op(readers[0]!) === 'Reshape') {
    from = graph.output(readers[0]!);
    readers = graph.consumers(from);
  }
  const used = graph.before(operand, branch, (name) => name === from);
  const pieces = readers
    .filter((node) => cuts.has(graph.op(node)))
    .flatMap((node) => graph.nodes[node]!.output ?? [])
    .filter((name) => used.has(name));
  if (pieces.length === 1) return { value: pieces[0]!, size: null };
  return { reason: 'one product for several, cut apart only after its axes were turned' };
}

/** The product of two computed values nearest before a value. */
function nearestProduct(graph: RoleGraph, branch: Branch, value: string): number | null {
  const isProduct = (name: string) => {
    const made = graph.producer(name);
    return made !== undefined && products.has(graph.op(made)) && !graph.isLinear(made);
  };
  const found = [...graph.before(value, branch, isProduct)].find(isProduct);
  return found === undefined ? null : graph.producer(found)!;
}

/** The first product that a pattern goes into. */
function productAfter(graph: RoleGraph, branch: Branch, pattern: string): number | null {
  for (const value of graph.after(pattern))
    for (const node of graph.consumers(value))
      if (products.has(graph.op(node)) && !graph.isLinear(node) && branch.has(graph.output(node)))
        return node;
  return null;
}
