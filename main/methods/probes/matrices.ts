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
import { leadsOf, type ControlScores } from '../../probes/leads';
import { canFit, fitProbe, probeScores, type PlaceProbe, type TaskRows } from '../../probes/place';
import { claimsOf, correlationsOf, summaryOf } from '../../probes/summary';
import { aucOf } from '../../numerics/ranking';
import type { ProbesConfig } from './config';
import type { RunItems } from './items';

/** What is the same at every place. */
export interface Shared {
  draws: Draws;
  controls: readonly ProbeControl[];
  controlScores: readonly ControlScores[];
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

/** Probes of every task; `inside` adds what is used on the own items. */
export function fitAll(
  family: LinearFamily,
  tasks: readonly TaskRows[],
  inside: boolean,
): (PlaceProbe | null)[] {
  return tasks.map((task) => fitIfPossible(family, task, inside));
}

/** Null of a task that has not what the family needs. */
export function fitIfPossible(family: LinearFamily, task: TaskRows, inside = false): PlaceProbe | null {
  return canFit(family, task) ? fitProbe(family, task, { inside }) : null;
}

/** Own AUC of every probe on a part of its task, by the score that is used there; NaN of none. */
export function ownAucs(
  probes: readonly (PlaceProbe | null)[],
  tasks: readonly TaskRows[],
  part: 'validation' | 'test',
): Float64Array {
  return Float64Array.from(tasks, (task, k) => {
    const probe = probes[k];
    if (!probe) return NaN;
    const items = task.split[part];
    const scores = probeScores(probe, task, items, { own: true, scores: 'raw' });
    return aucOf(
      scores,
      Uint8Array.from(items, (item) => task.labels[item]!),
    );
  });
}

interface MatrixPlace {
  family: LinearFamily;
  block: number;
  position: ProbePosition;
}

export function matrixOf(
  place: MatrixPlace,
  probes: readonly (PlaceProbe | null)[],
  tasks: readonly TaskRows[],
  shared: Shared,
  more: readonly ProbeControl[] = [],
): ProbeMatrix {
  const { draws, controls, controlScores, scores, seed } = shared;
  const found = allScores(probes, tasks, scores);
  const told = {
    ...toldOf(probes, tasks),
    ...aucMatrix(found, tasks, draws),
    cosine: cosinesOf(place.family, probes, tasks, seed),
    controls: [...controls, ...more],
    geometry: geometryOf(tasks, seed),
    leads: leadsOf(
      found.map((row, k) => row?.[k]),
      controlScores,
      tasks,
      draws,
    ),
  };
  return {
    ...place,
    ...told,
    ...{ summary: summaryOf(told), correlation: correlationsOf(told), claims: claimsOf(told), whole: true },
  };
}

/** What is there of a place while its probes are fitted: values of the rows that are, no intervals. */
export function partialMatrix(
  place: MatrixPlace,
  probes: readonly (PlaceProbe | null)[],
  tasks: readonly TaskRows[],
  { controls, scores, seed }: Shared,
): ProbeMatrix {
  const told = {
    ...toldOf(probes, tasks),
    ...aucMatrix(allScores(probes, tasks, scores), tasks, null),
    cosine: cosinesOf(place.family, probes, tasks, seed, false),
    ...{ controls: [...controls], geometry: { silhouetteByTask: NaN, silhouetteByLabel: NaN }, leads: [] },
  };
  return {
    ...place,
    ...told,
    ...{ summary: summaryOf(told), correlation: [], claims: [], whole: false },
  };
}

/** What needs no draws. */
function toldOf(probes: readonly (PlaceProbe | null)[], tasks: readonly TaskRows[]) {
  return {
    tasks: tasks.map(({ name }) => name),
    strength: Float64Array.from(probes, (probe) => probe?.strength ?? NaN),
    validation: ownAucs(probes, tasks, 'validation'),
    supports: supportsOf(probes, tasks[0]!.rows.columns),
    siblings: siblingsOf(tasks),
    rows: Uint8Array.from(probes, (probe) => Number(probe !== null)),
  };
}
