/** @file What the Coupling tab says about the coupling it shows. */
import type { RunRecord } from '../../../../main/rpc/contract';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import type { PairsKind } from '../scene';
import { mean, rowsText } from '../words';
import type { Coupling, CouplingKind } from './coupling.svelte';

export const couplingTitles: Record<CouplingKind, string> = {
  independent: 'Independent',
  assignment: 'Assignment',
  sinkhorn: 'Sinkhorn',
  semidiscrete: 'Semidiscrete',
};

export const couplingHelp: Record<CouplingKind, string> = {
  independent: 'Every source point may get any data point: plain flow matching',
  assignment: 'The one-to-one pairing of least total cost',
  sinkhorn: 'Entropic optimal transport between the two: from sharp to blurred with ε',
  semidiscrete:
    'These data points as the whole finite data set: one price each, learned from fresh noise; any noise point then finds its data point',
};

export const pairsTitles: Record<PairsKind, string> = { ...couplingTitles, map: 'Known map' };

/** How the run pairs; null where its setting is none that pairs can be drawn for. */
export function pairsKindOf(run: RunRecord): PairsKind | null {
  const { coupling } = run.config;
  return typeof coupling === 'string' && coupling in pairsTitles ? (coupling as PairsKind) : null;
}

/** "512 of 6,000 rows · Var(x₁|x₀) 4 % of Var(x₁) · mean cost 0.62 squared data units, one draw per source point". */
export function stageText(answer: Coupling, rows: number | null): string {
  const { count, cost, conditionalVariance } = answer;
  return `${rowsText(count, rows)} · Var(x₁|x₀) ${percent(conditionalVariance)} of Var(x₁) · mean cost ${formatNumber(mean(cost))} squared data units, one draw per source point`;
}

/** "84 iterations · error 9e-4 · 0.12 s", or what the other kinds are. */
export function solveText(answer: Coupling, kind: CouplingKind): string {
  if (kind === 'independent') return 'nothing to solve';
  const time = `${formatNumber(answer.seconds)} s`;
  if (kind === 'assignment') return `exact · ${time}`;
  if (kind === 'semidiscrete') {
    const even = `χ² ${formatNumber(Math.max(0, answer.marginalError))}`;
    const short = answer.converged ? '' : ' (not even yet)';
    return `${formatCount(answer.iterations)} ascent steps · ${even}${short} · ${time}`;
  }
  const error = `error ${answer.marginalError.toExponential(0)}`;
  const short = !answer.reached ? ' · E* is out of reach' : answer.converged ? '' : ' (not converged)';
  return `${formatCount(answer.iterations)} iterations · ${error}${short} · ${time}`;
}

/** "mean 4.2 of 512, exp of each row’s entropy": the mean number of data points a source point is spread over. */
export function targetsText({ effectiveTargets, count }: Coupling): string {
  return `mean ${formatNumber(mean(effectiveTargets))} of ${formatCount(count)}, exp of each row’s entropy`;
}

/** "63 % of the data drawn, one of them 5 times". */
export function drawsText({ draws, count }: Coupling): string {
  const drawn = draws.reduce((sum, times) => sum + (times > 0 ? 1 : 0), 0);
  const most = draws.reduce((largest, times) => Math.max(largest, times), 0);
  const times = most === 1 ? 'each once' : `one of them ${formatCount(most)} times`;
  return `${percent(drawn / Math.max(1, count))} of the data drawn, ${times}`;
}

/** "12.3 %". */
function percent(share: number): string {
  return `${formatNumber(100 * share)} %`;
}
