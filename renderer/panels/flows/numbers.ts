/** @file The final numbers of a Flows run in a researcher's words, each with what to read it against. */
import type { RunRecord } from '../../../main/rpc/contract';
import { number as formatNumber } from '../../state/format';

export interface NumberLine {
  label: string;
  value: number;
  unit?: string;
  /** Floor, chance level or the meaning of the end points. */
  reference?: string;
  help: string;
}

/** The lines there are values for, in reading order. */
export function numbers(record: RunRecord): NumberLine[] {
  const { metrics } = record;
  const lines: NumberLine[] = [];
  const add = (key: string, line: Omit<NumberLine, 'value'>): void => {
    const value = metrics[key];
    if (value !== undefined) lines.push({ ...line, value });
  };
  const floor = metrics['slicedW2.floor'];
  const marginal = metrics['sinkhorn.marginalError'];
  add('curvature', {
    label: 'curvature',
    reference: '0 = straight',
    help: 'Mean over paths of ∫‖v − (x₁ − x₀)‖² dt in squared data units, 50 Euler steps. Straight paths need one step.',
  });
  for (const evaluations of [1, 4, 64])
    add(`slicedW2.nfe${evaluations}`, {
      label: `sliced W₂, ${evaluations} NFE`,
      reference: floor === undefined ? undefined : `floor ${formatNumber(floor)}`,
      help: `Sliced 2-Wasserstein distance of samples made with ${evaluations} function evaluation${evaluations === 1 ? '' : 's'} to held-out data. The floor is the distance between two halves of the data.`,
    });
  add('sharpness', {
    label: 'sharpness E(P)',
    reference: '0 = one-to-one',
    help: 'Renormalised entropy of the coupling P, 2H(P)/(H(a)+H(b)) − 1: 0 pairs one to one, 1 pairs independently.',
  });
  // Other couplings need none, and say so with a zero.
  if ((metrics['sinkhorn.iterations'] ?? 0) > 0)
    add('sinkhorn.iterations', {
      label: 'Sinkhorn iterations',
      reference: marginal === undefined ? undefined : `error ${formatNumber(marginal)}`,
      help: 'Mean iterations per pool until the L1 error of the marginals is below the tolerance, and that error.',
    });
  add('loss', { label: 'loss', help: 'Mean squared error of the velocity on the last steps.' });
  add('stepsPerSecond', { label: 'steps per second', help: 'Optimiser steps per second of training.' });
  add('memory.estimate', {
    label: 'memory estimate',
    unit: 'MB',
    help: 'What training was expected to take before its first step: the state and its copies, activations, gradients and batches. A training that cannot fit is refused.',
  });
  return lines;
}
