/**
 * @file Roles of an imported ONNX model's values, found by structure and never by name: the residual state is the chain of
 * sums in which one operand is the state before, and what is between two of them is attention where it has a softmax.
 */
import type { HookPoint, HookRole, ModelProto } from '../../native-models';
import {
  attentionNode,
  attentionPlaces,
  perceptronPlaces,
  type Branch,
  type FoundPlace,
} from './role-branches';
import { RoleGraph } from './role-graph';

/** A place that a model of this kind has, but not this file. */
export interface AbsentHook {
  id: string;
  role: HookRole;
  layer: number | null;
  /** One sentence for a person. */
  reason: string;
}

export interface ModelRoles {
  /**
   * In the order in which they are computed. Sizes of heads are not told apart: `q` is [heads · headWidth]; sizes that are
   * not known are text. Before them the values have what the file has, nearly always batch and tokens.
   */
  hooks: HookPoint[];
  absent: AbsentHook[];
  layers: number;
}

/** One sum of the chain. */
interface Step {
  /** The state before it. */
  from: string;
  /** What is added to it. */
  added: string;
  /** A reason why `added` is not all that is added. */
  partly: string | null;
  /** The sum, or null where a fused node keeps it to itself. */
  sum: string | null;
  /** The state that goes on: the sum, or where norms belong to sums its norm. */
  after: string;
  /** The norm of the sum that a fused node gives beside it. */
  normed: string | null;
  branch: Branch;
  /** Whether the sum is only of those tokens that logits are made for. */
  chosen: boolean;
}

/**
 * What the values of a model's main graph are. A model in which no chain of blocks is found has no hooks, and the reason
 * stands with `resid_post`.
 */
export function rolesOf(model: ModelProto): ModelRoles {
  const graph = new RoleGraph(model.graph ?? {});
  const roles: ModelRoles = { hooks: [], absent: [], layers: 0 };
  const steps = chainOf(graph);
  const first = steps[0];
  if (!first) {
    const inBody = graph.nodes.some(({ opType }) => opType === 'If' || opType === 'Loop');
    const reason = inBody
      ? 'the blocks are inside a branch or loop of the graph, where nothing can be looked at'
      : 'no chain of sums with attention between them was found';
    roles.absent.push({ id: 'resid_post', role: 'resid_post', layer: null, reason });
    return roles;
  }
  const width = widthOf(graph, steps);
  const put = placer(roles, width);
  put('embed', null, embedding(graph, first.from));
  const blocks = blocksOf(graph, steps);
  roles.layers = blocks.length;
  for (const [layer, block] of blocks.entries()) addBlock(graph, put, layer, block, steps);
  addEnd(graph, put, steps.at(-1)!, steps);
  return roles;
}

type Put = (role: HookRole, layer: number | null, place: FoundPlace | null, reason?: string) => void;

function placer(roles: ModelRoles, width: number | null): Put {
  return (role, layer, place, reason = 'this kind of block has no such step') => {
    const id = layer === null ? role : `${role}:${layer}`;
    if (place && 'value' in place) {
      const shape = role === 'pattern' ? ['heads', 'tokens', 'seen'] : [place.size ?? width ?? 'width'];
      const sized = ['q', 'k', 'v', 'mlp_gate', 'mlp_act', 'logits'].includes(role);
      const own = sized && place.size === null ? [role] : shape;
      roles.hooks.push({ id, role, layer, value: place.value, shape: own });
    } else roles.absent.push({ id, role, layer, reason: place?.reason ?? reason });
  };
}

/** The first chain that has perceptrons too: a mask is also added to what depends on it, but only to scores. */
function chainOf(graph: RoleGraph): Step[] {
  let best: Step[] = [];
  for (const { output } of graph.nodes)
    for (const value of output ?? []) {
      if (value === '' || graph.isConstant(value) || !mayBeAdded(graph, value)) continue;
      const within = graph.after(value);
      const first = nextStep(graph, value, within, new Set());
      if (!first || attentionNode(graph, first.branch) === undefined) continue;
      const steps = follow(graph, first, within);
      const isWhole = steps.some(({ branch }) => attentionNode(graph, branch) === undefined);
      if (isWhole || parallelParts(graph, first)) return steps;
      if (steps.length > best.length) best = steps;
    }
  return best;
}

function follow(graph: RoleGraph, first: Step, within: ReadonlySet<string>): Step[] {
  const steps = [first];
  const known = new Set<string>([first.from]);
  for (let step = first; ;) {
    for (const name of [step.sum, step.normed, step.after]) if (name !== null) known.add(name);
    let next = step.sum === null ? null : nextStep(graph, step.after, within, known);
    next ??= lastOfChosen(graph, step, within, known);
    if (!next) {
      // Where norms belong to sums, the norm is the state; behind the last block that shows in the blocks before.
      const normed = step.normed ?? graph.norms(step.after)[0];
      if (normed === undefined) return steps;
      known.add(normed);
      next = nextStep(graph, normed, within, known);
      const ofSums = steps.length > 1 && steps[0]!.after !== steps[0]!.sum;
      if (!next && !ofSums) return steps;
      step.after = normed;
      if (!next) return steps;
    }
    steps.push(next);
    step = next;
  }
}

/** The last sum where it is only made for the tokens that logits are wanted for, of states that were chosen before it. */
function lastOfChosen(
  graph: RoleGraph,
  { after }: Step,
  within: ReadonlySet<string>,
  known: ReadonlySet<string>,
): Step | null {
  for (const node of graph.consumers(after)) {
    if (!chooses.has(graph.op(node)) || graph.nodes[node]!.input?.[0] !== after) continue;
    const step = nextStep(graph, graph.output(node), within, known);
    if (!step) continue;
    const made = graph.producer(step.added);
    const whole = made !== undefined && chooses.has(graph.op(made)) ? graph.nodes[made]!.input![0]! : null;
    return { ...step, from: after, chosen: true, ...(whole === null ? {} : { added: whole }) };
  }
  return null;
}

const chooses = new Set(['Gather', 'GatherND', 'Slice']);

function mayBeAdded(graph: RoleGraph, value: string): boolean {
  return graph
    .consumers(value)
    .some((node) => (graph.op(node) === 'Add' && graph.data(node).length === 2) || graph.isSkipNorm(node));
}

/** The sum of a state and of something that is computed from this or an earlier state. */
function nextStep(
  graph: RoleGraph,
  state: string,
  within: ReadonlySet<string>,
  known: ReadonlySet<string>,
): Step | null {
  const names = graph.same(state);
  const readers = names.flatMap((name) => graph.consumers(name)).sort((a, b) => a - b);
  for (const node of readers) {
    const skip = graph.isSkipNorm(node);
    if (!skip && graph.op(node) !== 'Add') continue;
    const [a = '', b = '', , ...rest] = graph.nodes[node]!.input ?? [];
    const added = names.includes(a) ? b : a;
    if (names.includes(added) || graph.isConstant(added) || !within.has(added)) continue;
    const branch = graph.before(added, within, (name) => name === state || known.has(name));
    if (!branch.has(state) && ![...known].some((name) => branch.has(name))) continue;
    if (!skip) {
      const sum = graph.output(node);
      return { from: state, added, partly: null, sum, after: sum, normed: null, branch, chosen: false };
    }
    const sum = graph.output(node, 3);
    const normed = graph.output(node);
    // The bias of a skip norm is its last input: the fifth with a norm's bias, the fourth without.
    const bias = graph.op(node) === 'SkipLayerNormalization' ? rest[1] : rest[0];
    const partly = bias ? `its bias is added inside ${graph.op(node)}` : null;
    const after = sum || normed;
    return { from: state, added, partly, sum: sum || null, after, normed, branch, chosen: false };
  }
  return null;
}

interface Block {
  attention: Step;
  /** Null where one sum has both branches, or the block has no perceptron. */
  mlp: Step | null;
}

function blocksOf(graph: RoleGraph, steps: readonly Step[]): Block[] {
  const blocks: Block[] = [];
  for (const step of steps) {
    if (attentionNode(graph, step.branch) !== undefined) blocks.push({ attention: step, mlp: null });
    else if (blocks.length > 0) blocks.at(-1)!.mlp ??= step;
  }
  return blocks;
}

function addBlock(
  graph: RoleGraph,
  put: Put,
  layer: number,
  { attention, mlp }: Block,
  steps: readonly Step[],
): void {
  const value = (name: string): FoundPlace => ({ value: name, size: null });
  const normOf = (state: string, branch: Branch): FoundPlace | null => {
    const made = steps.find((step) => step.after === state)?.normed;
    const norms = [...graph.norms(state), ...(made === null || made === undefined ? [] : [made])];
    const read = norms.find((name) => branch.has(name) && name !== state);
    return read === undefined ? null : value(read);
  };
  put('resid_pre', layer, value(attention.from));
  put('norm_attn_in', layer, normOf(attention.from, attention.branch));
  const parallel = mlp ? null : parallelParts(graph, attention);
  const attentionBranch = parallel?.attention.branch ?? attention.branch;
  for (const [role, place] of Object.entries(attentionPlaces(graph, attentionBranch)))
    put(role as HookRole, layer, place);
  const added = ({ added: name, partly }: Pick<Step, 'added' | 'partly'>): FoundPlace =>
    partly === null ? value(name) : { reason: partly };
  put('attn_out', layer, added(parallel ? { ...attention, added: parallel.attention.added } : attention));
  const perceptron = mlp ?? (parallel ? { ...attention, ...parallel.mlp } : null);
  if (!perceptron) {
    // Its sum may be the state behind the block or the one inside it: nothing is said rather than the wrong thing.
    const reason = 'no perceptron was found behind the attention of this block';
    for (const role of ['resid_mid', 'norm_mlp_in', 'mlp_gate', 'mlp_act', 'mlp_out', 'resid_post'] as const)
      put(role, layer, null, reason);
    return;
  }
  if (mlp) {
    const hidden = { reason: fusedReason };
    put('resid_mid', layer, attention.sum === null ? hidden : value(attention.sum));
    const ofSum = attention.after !== attention.sum ? value(attention.after) : null;
    put('norm_mlp_in', layer, ofSum ?? normOf(attention.after, mlp.branch));
  } else {
    put('resid_mid', layer, null, 'both branches read the same state');
    const others = graph.norms(attention.from).filter((name) => parallel!.mlp.branch.has(name));
    put('norm_mlp_in', layer, others.length > 0 ? value(others[0]!) : null);
  }
  for (const [role, place] of Object.entries(perceptronPlaces(graph, perceptron.branch, perceptron.added)))
    put(role as HookRole, layer, place);
  put('mlp_out', layer, added(perceptron));
  const end = mlp ?? attention;
  if (end.chosen) put('resid_post', layer, { reason: chosenReason });
  else if (end.sum === null && end.after === end.normed && isLast(end, steps))
    put('resid_post', layer, { reason: fusedReason });
  else put('resid_post', layer, value(end.after));
}

const chosenReason = 'it is only made for the tokens that logits are wanted for';
const fusedReason = 'the sum stays inside the fused node behind it';

/** Behind the last block a fused norm is the final one, unless norms belong to sums. */
function isLast(step: Step, steps: readonly Step[]): boolean {
  return step === steps.at(-1) && steps[0]!.sum !== null;
}

/** The two summands of a branch that is attention and perceptron at once. */
function parallelParts(
  graph: RoleGraph,
  step: Step,
): Record<'attention' | 'mlp', { added: string; branch: Branch }> | null {
  const made = graph.producer(step.added);
  if (made === undefined || graph.op(made) !== 'Add' || graph.data(made).length !== 2) return null;
  const parts = graph.data(made).map((added) => ({
    added,
    branch: graph.before(added, step.branch, (name) => name === step.from),
  }));
  const attention = parts.find(({ branch }) => attentionNode(graph, branch) !== undefined);
  const mlp = parts.find(({ branch }) => attentionNode(graph, branch) === undefined);
  return attention && mlp ? { attention, mlp } : null;
}

/** The rows of the table of tokens that the first state is made of, with their scale. */
function embedding(graph: RoleGraph, state: string): FoundPlace {
  const back = graph.before(state, new Set(graph.nodes.flatMap(({ output }) => output ?? [])), () => false);
  const rows = [...back].flatMap((name) => {
    const made = graph.producer(name);
    const table = made === undefined ? undefined : graph.nodes[made]!.input?.[0];
    const dims = made !== undefined && graph.op(made) === 'Gather' && table ? graph.dims(table) : null;
    return dims?.length === 2 ? [{ name, count: dims[0]! }] : [];
  });
  if (rows.length === 0) return { reason: 'no table of tokens was found' };
  const { name } = rows.reduce((most, row) => (row.count > most.count ? row : most));
  const [reader, ...others] = graph.consumers(name);
  const scaled = reader !== undefined && others.length === 0 && graph.op(reader) === 'Mul';
  return { value: scaled && graph.data(reader).length === 1 ? graph.output(reader) : name, size: null };
}

function addEnd(graph: RoleGraph, put: Put, last: Step, steps: readonly Step[]): void {
  const ofSums =
    steps.some((step) => step.after !== step.sum && step !== last) || last.after !== (last.sum ?? '');
  const isFinal = last.sum === null && isLast(last, steps);
  const final =
    isFinal || (last.normed !== null && last.after !== last.normed)
      ? last.normed!
      : ofSums
        ? undefined
        : graph.norms(last.after)[0];
  const noNorm = ofSums
    ? 'norms belong to the sums of the blocks'
    : 'no norm was found behind the last block';
  const place = final === undefined ? null : { value: final, size: null };
  put('norm_final', null, last.chosen ? { reason: chosenReason } : place, noNorm);
  const end = final ?? last.after;
  const after = graph.after(end);
  const output = graph.outputs.find((name) => name !== end && after.has(name));
  const head = graph.nodes.findIndex(
    (_, node) => graph.isLinear(node) && graph.data(node).some((name) => after.has(name)),
  );
  const found = output !== undefined && head >= 0;
  put(
    'logits',
    null,
    found ? { value: output, size: graph.linear(head).outputs } : null,
    'no output map was found',
  );
}

/** Units of the state, from the maps that write to it. */
function widthOf(graph: RoleGraph, steps: readonly Step[]): number | null {
  for (const { added, branch } of steps) {
    const [map] = graph.linearsBefore(added, branch);
    if (map && map.outputs !== null) return map.outputs;
  }
  return null;
}
