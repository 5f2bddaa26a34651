/** @file What a run keeps of probes: facts, controls, the sweep, and matrices with directions of every place. */
import type { Arrays } from '../../contract/define';
import type { ProbeControl, ProbeFamily, ProbeMatrix, ProbePosition } from '../../contract/probes';
import { vector } from '../../disk/named-arrays';
import { packed } from '../../disk/packed-json';
import type { ControlScores } from '../../probes/leads';
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
  /** The matrix of the place that is being fitted, as far as it has come. */
  unfinished: 'unfinished',
  place: (family: ProbeFamily, block: number, position: ProbePosition) =>
    `place.${family}.${block}.${position}`,
};

export interface StoredControls {
  controls: ProbeControl[];
  /** What they say of single test items. */
  scores: ControlScores[];
}

/**
 * A matrix, and the linear scores of its probes: directions in the hook's units, and what is used on own items where that
 * differs; NaN of a task without a probe.
 */
export function keptPlace(matrix: ProbeMatrix, probes: readonly (StoredProbe | null)[]): Arrays {
  const some = probes.find((probe) => probe !== null);
  if (!some) return packed(matrix);
  const width = some.score.direction.length;
  const of = (prefix: string, score: (probe: StoredProbe) => LinearScore | null) =>
    scoreArrays(
      prefix,
      probes.map((probe) => probe && score(probe)),
      width,
    );
  return {
    ...packed(matrix),
    ...of('', ({ score }) => score),
    ...(some.inside ? of('inside.', ({ inside }) => inside) : {}),
  };
}

interface StoredProbe {
  score: LinearScore;
  inside: LinearScore | null;
}

/** The linear scores of a stored place, by task; null where there are none. */
export function storedScores(arrays: Arrays): (StoredProbe | null)[] {
  const inside = arrays['inside.offsets'] ? readScores('inside.', arrays) : null;
  return readScores('', arrays).map((score, k) => score && { score, inside: inside?.[k] ?? null });
}

/** [tasks, width] directions and [tasks] offsets. */
function scoreArrays(prefix: string, scores: readonly (LinearScore | null)[], width: number): Arrays {
  const directions = new Float64Array(scores.length * width).fill(NaN);
  scores.forEach((score, k) => score && directions.set(score.direction, k * width));
  return {
    [`${prefix}directions`]: { data: directions, shape: [scores.length, width] },
    [`${prefix}offsets`]: vector(Float64Array.from(scores, (score) => score?.offset ?? NaN)),
  };
}

function readScores(prefix: string, arrays: Arrays): (LinearScore | null)[] {
  const { data, shape } = arrays[`${prefix}directions`]!;
  const width = shape[1]!;
  return Array.from(arrays[`${prefix}offsets`]!.data as Float64Array, (offset, k) =>
    Number.isNaN(offset)
      ? null
      : { direction: (data as Float64Array).slice(k * width, (k + 1) * width), offset },
  );
}
