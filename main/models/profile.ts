/** @file What a profiled run says of every node, and the summary of it that a person reads. */
import type { ModelStructure } from './structure';
import type { ProfileRequest, ProfileSummary } from '../contract/models';

/** Times by node index. Plain arrays, so that it crosses threads at little cost. */
export interface ModelProfile {
  /** Milliseconds per run, median over the runs, bodies included for a control-flow node. */
  milliseconds: Float64Array;
  /** Calls per run: a node in a Loop runs once per step; 0 for a node that never ran under its own name. */
  calls: Float64Array;
  /** Bytes of its outputs, once. */
  outputBytes: Float64Array;
  providers: string[];
  /** What the runtime ran in a node's place, by index: the fused operator that does its work and that of its neighbours. */
  ranAs: Record<number, string>;
  /** Shape as text by graph and value: `0:hidden` gives `128×64`. */
  shapes: Record<string, string>;
  /** Milliseconds of one run, with what the runtime does between the nodes. */
  total: number;
  unmatchedMilliseconds: number;
  runs: number;
  request: ProfileRequest;
  threads: number;
  seed: number;
}

const SLOWEST = 10;

/** Operator totals leave control flow out: its time is the time of the nodes inside. */
export function profileSummary(structure: ModelStructure, profile: ModelProfile): ProfileSummary {
  const operators = new Map<string, { milliseconds: number; nodes: number }>();
  const timed: ProfileSummary['slowest'] = [];
  let untimed = 0;
  for (const node of structure.nodes) {
    if (node.constant) continue;
    if (profile.calls[node.index] === 0) {
      untimed += 1;
      continue;
    }
    const milliseconds = profile.milliseconds[node.index]!;
    const { index, op } = node;
    const name = node.name || node.outputs[0] || '';
    if (node.bodies.length > 0) continue;
    timed.push({ node: index, name, op, milliseconds, share: milliseconds / profile.total });
    const before = operators.get(op) ?? { milliseconds: 0, nodes: 0 };
    operators.set(op, { milliseconds: before.milliseconds + milliseconds, nodes: before.nodes + 1 });
  }
  return {
    runs: profile.runs,
    milliseconds: profile.total,
    optimisation: profile.request.optimisation,
    sizes: profile.request.sizes,
    threads: profile.threads,
    device: 'cpu',
    seed: profile.seed,
    timed: timed.length,
    untimed,
    unmatchedMilliseconds: profile.unmatchedMilliseconds,
    operators: [...operators]
      .map(([op, one]) => ({ op, ...one, share: one.milliseconds / profile.total }))
      .sort((a, b) => b.milliseconds - a.milliseconds || a.op.localeCompare(b.op)),
    slowest: timed.sort((a, b) => b.milliseconds - a.milliseconds || a.node - b.node).slice(0, SLOWEST),
  };
}

/** The shape that a run found for a value, looked for in the graph and then in those around it by the caller. */
export function shapesOf(profile: ModelProfile | null): (graph: number, value: string) => string | undefined {
  return (graph, value) => profile?.shapes[`${graph}:${value}`];
}
