/** @file The families of linear probes by name; a further one is a file and a line here. */
import type { ProbeFamily } from '../../contract/probes';
import { contrastConsistent } from './ccs';
import type { Family } from './family';
import { lda } from './lda';
import { logisticL1 } from './lr-l1';
import { logisticL2 } from './lr-l2';
import { massMean } from './mass-mean';
import { ridge } from './ridge';

/** All but the perceptron, which has no direction and is trained elsewhere. */
export type LinearFamily = Exclude<ProbeFamily, 'mlp'>;

export const families: Readonly<Record<LinearFamily, Family>> = {
  'lr-l2': logisticL2,
  'lr-l1': logisticL1,
  'mass-mean': massMean,
  lda,
  ridge,
  ccs: contrastConsistent,
};
