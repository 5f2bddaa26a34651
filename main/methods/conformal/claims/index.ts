/** @file The claims about sets that are tested here, in the order of the results page. */
import type { Claim } from '../../../contract/claim';
import { ellipsoidIsSmallerInEightDimensions, transportIsSmallerInTwoDimensions } from './tables';
import { coverageIsExact, transportIsSmallerOnTheMixture, unevenNoiseNeedsLocalSets } from './toys';

export const claims: readonly Claim[] = [
  transportIsSmallerOnTheMixture,
  coverageIsExact,
  unevenNoiseNeedsLocalSets,
  transportIsSmallerInTwoDimensions,
  ellipsoidIsSmallerInEightDimensions,
];
