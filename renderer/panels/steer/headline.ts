/** @file What stands over the settings of Steer: three numbers at the shown strength, each beside what it was without steering. */
import { number } from '../../../figures/format';
import type { SteerFlowPoint, SteerFlowSweep } from '../../../main/rpc/contract';
import { headlineAt } from './sweep/scenes';
import type { SteerState } from './steer.svelte';
import { lambdaText, perplexityText } from './words';

export interface HeadlineRow {
  name: string;
  beside: string;
  value: string;
  unit?: string;
}

const percent = (share: number): string => (Number.isFinite(share) ? number(Math.round(100 * share)) : '–');
const change = (share: number): string =>
  `${share < 0 ? '−' : '+'}${number(Math.abs(Math.round(100 * share)))}`;

/** Of a language model: presence, its price, and how far steering is safe. */
export function textRows({
  sweep,
  strength,
  overview,
  lambda,
}: Pick<SteerState, 'sweep' | 'strength' | 'overview' | 'lambda'>): HeadlineRow[] {
  const found = sweep ? headlineAt(sweep.points, lambda) : null;
  const price = found && Number.isFinite(found.perplexityAtZero) ? found : null;
  const waiting = overview && !overview.stages.strength ? 'not asked for' : 'not calibrated yet';
  return [
    {
      name: `presence${found ? ` at λ ${lambdaText(found.lambda)}` : ''}`,
      beside: found
        ? `λ 0: ${percent(found.presenceAtZero)} % · Δ ${change(found.presence - found.presenceAtZero)}`
        : 'comes with the sweep',
      value: found ? percent(found.presence) : '–',
      unit: '%',
    },
    {
      name: 'perplexity',
      beside: price
        ? `λ 0: ${perplexityText(price.perplexityAtZero)} · ratio ${(price.perplexity / price.perplexityAtZero).toFixed(2)}`
        : 'of the continuations',
      value: found && Number.isFinite(found.perplexity) ? perplexityText(found.perplexity) : '–',
    },
    {
      name: 'largest safe λ',
      beside: strength
        ? `${Math.round(100 * strength.level)} %, ${strength.prompts} held-out prompts`
        : waiting,
      value: strength ? lambdaText(strength.safe) : '–',
    },
  ];
}

/** Of a flow: the share of the class steered to, whether its images are still sure, and how far they moved. */
export function flowRows(sweep: SteerFlowSweep | null, lambda: number): HeadlineRow[] {
  const fitted = (sweep?.points ?? []).filter(({ arm }) => arm === 'fitted');
  const at = (strength: number): SteerFlowPoint | undefined =>
    fitted.toSorted((a, b) => Math.abs(a.lambda - strength) - Math.abs(b.lambda - strength))[0];
  const [here, zero] = [at(lambda), at(0)];
  const target = sweep ? sweep.classes[sweep.to]! : '';
  const both = here && zero;
  return [
    {
      name: `share of ${target || 'the target'}${here ? ` at λ ${lambdaText(here.lambda)}` : ''}`,
      beside: both
        ? `λ 0: ${percent(zero.target.value)} % · Δ ${change(here.target.value - zero.target.value)}`
        : 'comes with the sweep',
      value: here ? percent(here.target.value) : '–',
      unit: '%',
    },
    {
      name: 'judge’s confidence',
      beside: both ? `λ 0: ${percent(zero.confidence.value)} %` : 'in the class of each image',
      value: here ? percent(here.confidence.value) : '–',
      unit: '%',
    },
    {
      name: 'moved',
      beside: 'from the image at λ 0, rms of black to white',
      value: here ? here.moved.value.toFixed(2) : '–',
    },
  ];
}
