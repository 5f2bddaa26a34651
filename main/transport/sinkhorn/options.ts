/** @file What a Sinkhorn coupling can be told, and how a run's settings say it. */
import type { Device } from '../../contract/compute';
import type { Sampling } from './draw';
import type { PreviousCoupling } from './space';
import type { Projection } from './project';

export interface CoupleOptions {
  /** Relative to the standard deviation of the cost; used where no sharpness is asked for. */
  epsilon: number;
  /** E* in (0, 1] that ε is solved for; 0 or absent: ε as given. */
  sharpness?: number;
  cost?: 'dot' | 'squared';
  /** Take the deviation of the cost from centred clouds; default true. */
  centre?: boolean;
  /** Principal components of the cost; 0 or absent: all coordinates. */
  components?: number;
  /** The basis of those components; default: fitted on `y`, or that of `previous`. */
  projection?: Projection | null;
  /** ρ relative to the deviation of the cost; 0 or absent: exact marginals. */
  marginalPenalty?: number;
  start?: 'ladder' | 'cold' | 'previous';
  /** The coupling before, for start 'previous' and as a first guess at ε; `Coupling.previous`. */
  previous?: PreviousCoupling | null;
  sampling?: Sampling;
  tolerance: number;
  maximumIterations: number;
  momentum: 'none' | 'adaptive';
  /** Rows over which cost and conditional variance are measured: none, at most 2,048 that stand for all (default), or all. */
  diagnose?: 'none' | 'some' | 'all';
  device?: Device;
  /** Rows of a piece of work; no result depends on it. */
  tileRows?: number;
  seed: number;
  /** Names the draw; the same (seed, label) gives the same pairs. */
  label: string;
  shouldStop?: () => boolean;
  onIteration?: (iteration: number, marginalError: number) => void;
}

/** The settings that a coupling reads, named as a method's form names them. */
export type SinkhornSettings = Required<
  Pick<
    CoupleOptions,
    | 'epsilon'
    | 'sharpness'
    | 'cost'
    | 'centre'
    | 'components'
    | 'marginalPenalty'
    | 'start'
    | 'sampling'
    | 'tolerance'
    | 'maximumIterations'
    | 'momentum'
  >
>;

/** The options of one coupling from a run's settings; `rest` says what the settings do not, and may overrule them. */
export function coupleOptions(
  settings: SinkhornSettings,
  rest: Pick<CoupleOptions, 'seed' | 'label'> & Partial<CoupleOptions>,
): CoupleOptions {
  const { epsilon, sharpness, cost, centre, components, marginalPenalty } = settings;
  const { start, sampling, tolerance, maximumIterations, momentum } = settings;
  return {
    epsilon,
    sharpness,
    cost,
    centre,
    components,
    marginalPenalty,
    start,
    sampling,
    tolerance,
    maximumIterations,
    momentum,
    ...rest,
  };
}
