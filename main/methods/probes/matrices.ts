/** @file The matrix of one place, from its activations: what a run keeps of every block, and a question asks of any other. */
import type { ProbeControl, ProbeMatrix, ProbePosition } from '../../contract/probes';
import type { LinearFamily } from '../../probes/families';
import {
  allScores,
  aucMatrix,
  cosinesOf,
  drawsOf,
  geometryOf,
  siblingsOf,
  supportsOf,
  type Draws,
} from '../../probes/matrix';
import { fitProbe, probeScores, type PlaceProbe, type TaskRows } from '../../probes/place';
import { claimsOf, correlationsOf, summaryOf } from '../../probes/summary';
import { aucOf } from '../../numerics/ranking';
import type { ProbesConfig } from './config';
import type { RunItems } from './items';

/** What is the same at every place. */
export interface Shared {
  draws: Draws;
  controls: readonly ProbeControl[];
  scores: ProbesConfig['scores'];
  seed: number;
}

/** Draws of the test items of a run's tasks. */
export function runDraws(
  { tasks }: RunItems,
  { bootstrap, permutations }: Pick<ProbesConfig, 'bootstrap' | 'permutations'>,
  seed: number,
): Draws {
  const rows = tasks.map(({ name, items, split }) => ({
    name,
    labels: Uint8Array.from(items, ({ label }) => label),
    split: { train: new Uint32Array(0), validation: new Uint32Array(0), test: Uint32Array.from(split.test) },
  }));
  return drawsOf(rows, { bootstrap, permutations, seed });
}

/** Probes of every task, with what is used on the own items. */
export function fitAll(family: LinearFamily, tasks: readonly TaskRows[], inside: boolean): PlaceProbe[] {
  return tasks.map((task) => fitProbe(family, task, { inside }));
}

/** Own AUC of every probe on a part of its task, by the score that is used there. */
export function ownAucs(
  probes: readonly PlaceProbe[],
  tasks: readonly TaskRows[],
  part: 'validation' | 'test',
): Float64Array {
  return Float64Array.from(tasks, (task, k) => {
    const items = task.split[part];
    const scores = probeScores(probes[k]!, task, items, { own: true, scores: 'raw' });
    return aucOf(
      scores,
      Uint8Array.from(items, (item) => task.labels[item]!),
    );
  });
}

export function matrixOf(
  place: { family: LinearFamily; block: number; position: ProbePosition },
  probes: readonly PlaceProbe[],
  tasks: readonly TaskRows[],
  { draws, controls, scores, seed }: Shared,
  more: readonly ProbeControl[] = [],
): ProbeMatrix {
  const told = {
    ...aucMatrix(allScores(probes, tasks, scores), tasks, draws),
    tasks: tasks.map(({ name }) => name),
    strength: Float64Array.from(probes, ({ strength }) => strength),
    validation: ownAucs(probes, tasks, 'validation'),
    cosine: cosinesOf(place.family, probes, tasks, seed),
    supports: supportsOf(probes, tasks[0]!.rows.columns),
    controls: [...controls, ...more],
    siblings: siblingsOf(tasks),
    geometry: geometryOf(tasks, seed),
  };
  return {
    ...place,
    ...told,
    summary: summaryOf(told),
    correlation: correlationsOf(told),
    claims: claimsOf(told),
  };
}
