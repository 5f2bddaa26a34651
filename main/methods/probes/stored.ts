/** @file What a run keeps of probes: facts, controls, the sweep, and matrices with directions of every place. */
import type { Arrays } from '../../contract/define';
import type { ProbeControl, ProbeFamily, ProbeMatrix, ProbePosition } from '../../contract/probes';
import { vector } from '../../disk/named-arrays';
import { packed } from '../../disk/packed-json';
import type { LinearScore } from '../../probes/standardise';
import type { CapturedHook } from './capture';

/** Known when the activations are there. */
export interface RunFacts {
  hooks: CapturedHook[];
  positions: ProbePosition[];
  families: ProbeFamily[];
}

/** Blocks by positions, as far as they have come. */
export interface StoredSweep {
  /** [blocks, positions, tasks] */
  test: Float64Array;
  validation: Float64Array;
}

export const names = {
  facts: 'facts',
  controls: 'controls',
  sweep: 'sweep',
  mixtures: 'mixtures',
  place: (family: ProbeFamily, block: number, position: ProbePosition) =>
    `place.${family}.${block}.${position}`,
};

export type StoredControls = ProbeControl[];

/** A matrix, and the linear scores of its probes: directions in the hook's units, and what is used on own items where that differs. */
export function keptPlace(
  matrix: ProbeMatrix,
  probes: readonly { score: LinearScore; inside: LinearScore | null }[],
): Arrays {
  const inside = probes.flatMap((probe) => (probe.inside ? [probe.inside] : []));
  return {
    ...packed(matrix),
    ...scoreArrays(
      '',
      probes.map(({ score }) => score),
    ),
    ...(inside.length === probes.length ? scoreArrays('inside.', inside) : {}),
  };
}

/** The linear scores of a stored place, by task. */
export function storedScores(arrays: Arrays): { score: LinearScore; inside: LinearScore | null }[] {
  const inside = arrays['inside.offsets'] ? readScores('inside.', arrays) : null;
  return readScores('', arrays).map((score, k) => ({ score, inside: inside?.[k] ?? null }));
}

/** [tasks, width] directions and [tasks] offsets. */
function scoreArrays(prefix: string, scores: readonly LinearScore[]): Arrays {
  const width = scores[0]!.direction.length;
  const directions = new Float64Array(scores.length * width);
  scores.forEach(({ direction }, k) => directions.set(direction, k * width));
  return {
    [`${prefix}directions`]: { data: directions, shape: [scores.length, width] },
    [`${prefix}offsets`]: vector(Float64Array.from(scores, ({ offset }) => offset)),
  };
}

function readScores(prefix: string, arrays: Arrays): LinearScore[] {
  const { data, shape } = arrays[`${prefix}directions`]!;
  const width = shape[1]!;
  return Array.from(arrays[`${prefix}offsets`]!.data as Float64Array, (offset, k) => ({
    direction: (data as Float64Array).slice(k * width, (k + 1) * width),
    offset,
  }));
}
