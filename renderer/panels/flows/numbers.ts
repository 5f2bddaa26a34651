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
  add('curvature.mean', {
    label: 'curvature per coordinate',
    reference: '0 = straight',
    help: 'The curvature divided by the number of coordinates, so that data of different dimension can be compared.',
  });
  for (const evaluations of [1, 4, 64])
    add(`slicedW2.nfe${evaluations}`, {
      label: `sliced W₂, ${evaluations} NFE`,
      reference: against(floor),
      help: `Sliced 2-Wasserstein distance of samples made with ${evaluationsText(evaluations)} to held-out data. The floor is the distance between two halves of the data.`,
    });
  for (const { metric, budget } of budgets(record, 'frechet'))
    add(metric, {
      label: `FD, ${budget} NFE`,
      reference: against(metrics['frechet.floor']),
      help: `Fréchet distance between features of images generated with ${evaluationsText(budget)} and of held-out ones. The extractor that made the features is named in the run’s notices; numbers of different extractors cannot be compared. The floor is the distance between two halves of real images.`,
    });
  for (const { metric, budget } of budgets(record, 'uvp'))
    add(metric, {
      label: `L²-UVP, ${budget} NFE`,
      unit: '%',
      reference: '0 = optimal map',
      help: `Unexplained variance of the learned map against the known optimal one with ${evaluationsText(budget)}: 100 · E‖T(x) − T*(x)‖² / Var(T*(x)).`,
    });
  add('negativeLogLikelihood', {
    label: 'negative log-likelihood',
    unit: 'nats',
    help: 'Mean over held-out rows of −log p(x), from the change of density along the flow; lower is better.',
  });
  add('bitsPerDimension', {
    label: 'bits per dimension',
    unit: 'bits',
    help: 'The negative log-likelihood in bits, divided by the number of coordinates.',
  });
  add('sharpness', {
    label: 'sharpness E(P)',
    reference: '0 = one-to-one',
    help: 'Renormalised entropy of the coupling P, 2H(P)/(H(a)+H(b)) − 1: 0 pairs one to one, 1 pairs independently.',
  });
  add('epsilon', {
    label: 'regularisation ε',
    unit: 'σ',
    help: 'The regularisation that was used, relative to the standard deviation of the cost; solved for where the sharpness was given.',
  });
  add('coupling.cost', {
    label: 'cost of the coupling',
    help: 'Mean of ½‖x₀ − x₁‖² over the coupled pairs.',
  });
  add('coupling.effectiveTargets', {
    label: 'targets per noise point',
    reference: '1 = one-to-one',
    help: 'Effective number of data points that a noise point is paired with: the exponential of the mean row entropy.',
  });
  add('coupling.distinctTargets', {
    label: 'distinct targets',
    reference: '1 = no repeats',
    help: 'Share of the data points of a pool that are paired at all; independent draws reach 0.63.',
  });
  add('coupling.conditionalVariance', {
    label: 'Var(x₁ | x₀)',
    reference: '0 = a map',
    help: 'Variance of the data points that one noise point is paired with: what the velocity at the start can only average.',
  });
  // Other couplings need none, and say so with a zero.
  if ((metrics['sinkhorn.iterations'] ?? 0) > 0)
    add('sinkhorn.iterations', {
      label: 'Sinkhorn iterations',
      reference: marginal === undefined ? undefined : `error ${formatNumber(marginal)}`,
      help: 'Mean iterations per pool until the L1 error of the marginals is below the tolerance, and that error.',
    });
  add('loss', { label: 'loss', help: 'Mean squared error of the velocity on the last steps.' });
  add('pairSeconds', {
    label: 'pairing',
    unit: 's',
    help: 'Seconds spent coupling noise and data, beside training where it went on meanwhile.',
  });
  add('trainSeconds', { label: 'training', unit: 's', help: 'Seconds spent on optimiser steps.' });
  add('stepsPerSecond', { label: 'steps per second', help: 'Optimiser steps per second of training.' });
  add('memory.estimate', {
    label: 'memory estimate',
    unit: 'MB',
    help: 'What training was expected to take before its first step: the state and its copies, activations, gradients and batches. A training that cannot fit is refused.',
  });
  return lines;
}

function against(floor: number | undefined): string | undefined {
  return floor === undefined ? undefined : `floor ${formatNumber(floor)}`;
}

function evaluationsText(count: number): string {
  return `${count} function evaluation${count === 1 ? '' : 's'}`;
}

/** The budgets at which a distance was measured, ascending. */
function budgets({ metrics }: RunRecord, family: string): { metric: string; budget: number }[] {
  const start = `${family}.nfe`;
  return Object.keys(metrics)
    .filter((metric) => metric.startsWith(start))
    .map((metric) => ({ metric, budget: Number(metric.slice(start.length)) }))
    .sort((a, b) => a.budget - b.budget);
}
