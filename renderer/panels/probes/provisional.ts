/** @file What is known of a place before its matrix is there: values without intervals, from what is kept of all blocks. */
import type { Answer, ProbeMatrix, ProbePlace } from './probes.svelte';

/**
 * A matrix with NaN where nothing is known yet: AUCs and cosines of the block, else the tasks' own AUCs from the sweep. Null
 * where there is no value at all.
 * @param width of the hook, for the chance level of cosines
 */
export function valuesAt(
  place: ProbePlace,
  tasks: readonly string[],
  width: number,
  layers: Answer<'layers'> | null,
  sweep: Answer<'sweep'> | null,
): ProbeMatrix | null {
  const count = tasks.length;
  if (count === 0) return null;
  const auc = nothing(count * count);
  const plain = nothing(count * count);
  if (layers && layers.family === place.family && layers.position === place.position) {
    const from = layers.blocks.indexOf(place.block) * count * count;
    if (from >= 0) {
      auc.set(layers.auc.subarray(from, from + count * count));
      plain.set(layers.cosine.subarray(from, from + count * count));
    }
  }
  if (sweep && sweep.family === place.family && auc.every(Number.isNaN)) {
    const [row, column] = [sweep.blocks.indexOf(place.block), sweep.positions.indexOf(place.position)];
    if (row >= 0 && column >= 0)
      for (let task = 0; task < count; task++)
        auc[task * count + task] = sweep.byTask[(row * sweep.positions.length + column) * count + task]!;
  }
  return auc.every(Number.isNaN) ? null : withValues(place, tasks, width, auc, plain);
}

function withValues(
  place: ProbePlace,
  tasks: readonly string[],
  width: number,
  auc: Float64Array,
  plain: Float64Array,
): ProbeMatrix {
  const count = tasks.length;
  const pairs = () => nothing(count * count);
  const each = () => nothing(count);
  const known = plain.some(Number.isFinite);
  return {
    ...place,
    tasks: [...tasks],
    auc: { values: auc, low: pairs(), high: pairs() },
    ...{ nullLow: pairs(), nullHigh: pairs(), meetsNull: new Uint8Array(count * count) },
    ...{ accuracy: pairs(), strength: each(), validation: each() },
    cosine: known
      ? {
          ...{ plain, standardised: pairs(), mahalanobis: pairs() },
          halves: { plain: each(), standardised: each(), mahalanobis: each(), auc: each() },
          ...{ chance: 1 / Math.sqrt(width), chanceAbsolute: Math.sqrt(2 / (Math.PI * width)) },
        }
      : null,
    ...{ supports: [], controls: [], correlation: [], claims: [] },
    summary: {
      ...{ inTaskMean: NaN, textOnlyMean: NaN, crossTaskMean: NaN, crossTaskLow: NaN, crossTaskHigh: NaN },
      ...{ crossTaskDistance: NaN, crossTaskDistanceChance: NaN, cosineMean: NaN, halvesMean: NaN },
    },
    siblings: new Uint8Array(count * count),
    geometry: { silhouetteByTask: NaN, silhouetteByLabel: NaN },
    rows: Uint8Array.from({ length: count }, (_, row) => Number(Number.isFinite(auc[row * count + row]!))),
    ...{ whole: false, leads: [] },
  };
}

function nothing(size: number): Float64Array {
  return new Float64Array(size).fill(NaN);
}
