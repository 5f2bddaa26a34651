/** @file The method Steer on a flow: what a panel may ask of a run that steers generated images from one class to another. */
import * as v from 'valibot';
import type { ImageShape } from './data';
import { between, question, whole } from './query';
import type { Banded, SteerArm } from './steer';
import { steerArms } from './steer-arms';

/** One strength of one arm, over the images that the same noises become at every strength. */
export interface SteerFlowPoint {
  arm: SteerArm;
  lambda: number;
  images: number;
  /** [classes] share of the images that the judge takes for each, 0 to 1. */
  shares: Float64Array;
  /** The share of the class steered from, and of the one steered to. */
  source: Banded;
  target: Banded;
  /** Of the noises whose image is of the source class without steering, the share that is of the target class now; NaN where there are none. */
  turned: Banded;
  /** Mean probability that the judge gives to the class it decides for, 0 to 1. */
  confidence: Banded;
  /**
   * Mean over the images of the distance of their features to the nearest real image of the class that the judge takes them
   * for, ÷ the same of real images that were set apart: 1 is as near as real ones are.
   */
  nearest: Banded;
  /** Fréchet distance of the features to those of the target class's real images; NaN where there are too few. */
  frechet: number;
  /** Mean over the images of the root mean square over pixels of the difference to the unsteered image of the same noise, in units of black to white. */
  moved: Banded;
}

export interface SteerFlowSweep {
  /** Names of all classes, and codes of the two. */
  classes: string[];
  from: number;
  to: number;
  /** Whether the flow was told the source class while it generated; else it generates all classes. */
  told: boolean;
  /** By arm, then by λ, as far as they have come. */
  points: SteerFlowPoint[];
  lambdas: number[];
  judge: {
    says: string;
    /** Share of the images set apart that it gets right, and how many there were. */
    accuracy: number;
    tested: number;
    trained: number;
    /** Mean of its confidence in those, and of the distances as in `nearest` before division. */
    confidence: number;
    distance: number;
  };
  /** Of real images of the target class to others of them: what `frechet` is at best; NaN where there are too few. */
  frechetFloor: number;
  /** How images were noised for fitting, and how they are generated, in sentences. */
  noising: string;
  sampling: string;
}

/** Images of the same noises at every strength of one arm. */
export interface SteerFlowImages {
  image: ImageShape;
  arm: SteerArm;
  lambdas: number[];
  /** Number of each row's noise; those that become the source class unsteered come first. */
  noises: number[];
  /** Noises that there are to be asked for. */
  available: number;
  /** [rows, strengths, height, width, channels], 0–255. */
  pixels: Uint8Array;
  /** [rows, strengths] the class that the judge takes each for, and how sure it is, 0 to 1. */
  judged: Int32Array;
  confidence: Float64Array;
}

const arm = v.optional(v.picklist(steerArms), 'fitted');

export const steerFlowQuestions = {
  /** Null where the run steers no flow, or nothing is swept yet. */
  flowSweep: question<SteerFlowSweep | null>()(v.optional(v.strictObject({}), {})),
  flowImages: question<SteerFlowImages>()(v.strictObject({ arm, rows: whole(1, 64) })),
  /** The same noises at any one strength, made for the question. */
  flowAt: question<SteerFlowImages>()(
    v.strictObject({ arm, rows: whole(1, 64), lambda: between(-100, 100) }),
    { slow: true },
  ),
};
