/** @file The claims about couplings that are tested here, in the order of the results page. */
import type { Claim } from '../../../contract/claim';
import { fewComponentsSuffice, fewStepImages } from './images';
import {
  curvatureFallsWithPoolSize,
  fewStepErrorFallsWithPoolSize,
  manyStepsDifferLittle,
} from './pool-size';
import { sharperIsStraighter, sharpnessHelpsLessInManyDimensions } from './sharpness';

export const claims: readonly Claim[] = [
  curvatureFallsWithPoolSize,
  fewStepErrorFallsWithPoolSize,
  sharperIsStraighter,
  sharpnessHelpsLessInManyDimensions,
  manyStepsDifferLittle,
  fewComponentsSuffice,
  fewStepImages,
];
