/** @file What a Sinkhorn coupling can be told, and how a run's settings say it. */
import type { WorkOptions } from '../kernel';
import type { Sampling } from './draw';
import type { CostOptions, PreviousCoupling } from './space';

export interface CoupleOptions extends CostOptions, Omit<WorkOptions, 'keepTable'> {
  /** Relative to the standard deviation of the cost; used where no sharpness is asked for. */
  epsilon: number;
  /** E* in (0, 1] that ε is solved for; 0 or absent: ε as given. */
  sharpness?: number;
  /** ρ relative to the deviation of the cost; 0 or absent: exact marginals. */
  marginalPenalty?: number;
  start?: 'ladder' | 'cold' | 'previous';
  /** The coupling before, for start 'previous', for its projection and as a first guess at ε; `Coupling.previous`. */
  previous?: PreviousCoupling | null;
  sampling?: Sampling;
  tolerance: number;
  maximumIterations: number;
  momentum: 'none' | 'adaptive';
  /** Rows that stand for all in the conditional variance, at most; default 2,048, 0 for none. */
  measuredRows?: number;
  seed: number;
  /** Names the draw; the same (seed, label) gives the same pairs. */
  label: string;
  onIteration?: (iteration: number, marginalError: number) => void;
}

/** The settings that a coupling reads, named as a method's form names them. */
export type SinkhornSettings = Required<
  Omit<
    CoupleOptions,
    keyof WorkOptions | 'projection' | 'previous' | 'measuredRows' | 'seed' | 'label' | 'onIteration'
  >
>;

/** The options of one coupling from a run's settings; `rest` says what the settings do not, and may overrule them. */
export function coupleOptions(
  settings: SinkhornSettings,
  rest: Pick<CoupleOptions, 'seed' | 'label'> & Partial<CoupleOptions>,
): CoupleOptions {
  // A run's settings may name a device, which is that of its network.
  return { ...settings, device: undefined, ...rest };
}
