/** @file What the panel of Conformal sets says: levels, guarantees, and the states of a set that are no numbers. */
import type { RunRecord } from '../../../main/rpc/contract';
import type { Stroke } from '../../../figures/scene';
import { count as formatCount, number as formatNumber, plural } from '../../../figures/format';
import type { ConformalScoreInfo } from './conformal.svelte';
import type { Region } from './regions/scene';

/** What a guarantee is worth. */
export type Guarantee = ConformalScoreInfo['guarantee'];

export const guaranteeTitles: Record<Guarantee, string> = {
  exact: 'guaranteed',
  asymptotic: 'in the limit',
  none: 'no guarantee',
};

export const guaranteeHelp: Record<Guarantee, string> = {
  exact: 'Covers at least as often as asked, with any number of rows, while rows come in random order.',
  asymptotic: 'Covers as often as asked only in the limit of many rows.',
  none: 'Nothing is promised: what it covers is only measured.',
};

/** A guarantee is drawn solid, a promise for many rows in long dashes, none dotted. */
export const guaranteeStroke: Record<Guarantee, Stroke> = {
  exact: 'solid',
  asymptotic: 'long',
  none: 'dotted',
};

/** ".10", ".05", ".013": two digits, as papers write a level. */
export function alphaText(alpha: number): string {
  const text = alpha >= 0.0995 ? alpha.toFixed(2) : String(Number(alpha.toPrecision(2)));
  return text.replace(/^0\./, '.');
}

/** "90 %", "99.5 %". */
export function levelText(alpha: number): string {
  return `${formatNumber(Number((100 * (1 - alpha)).toFixed(alpha < 0.01 ? 2 : 1)))} %`;
}

/** A share as papers write coverage: ".903"; 1 stays 1. */
export function shareText(share: number): string {
  if (!Number.isFinite(share)) return 'not measured';
  return share.toFixed(3).replace(/^(-?)0\./, '$1.');
}

/** Why nothing is excluded at this level, or null where there are rows enough. */
export function everythingText(alpha: number, smallestAlpha: number): string | null {
  if (alpha >= smallestAlpha - 1e-12) return null;
  const rows = formatCount(Math.round(1 / smallestAlpha) - 1);
  return `Below α ${alphaText(smallestAlpha)} a set is everything: ${rows} calibration rows cannot vouch for ${levelText(alpha)}.`;
}

/** "inside 4 of 5 sets". Level-less states count as they are: everything holds the row, an empty set does not. */
export function insideText(regions: readonly Pick<Region, 'inside'>[]): string {
  const inside = regions.filter((region) => region.inside).length;
  if (regions.length === 0) return 'no score is shown';
  if (regions.length === 1) return inside === 1 ? 'inside its set' : 'outside its set';
  return `inside ${inside} of ${regions.length} sets`;
}

/** What the outline cannot say of a set, one sentence per score it holds for. */
export function regionNotes(
  regions: readonly Region[],
  titleOf: (score: Region['score']) => string,
): string[] {
  return regions.flatMap((region) => {
    const title = titleOf(region.score);
    if (region.state === 'everything')
      return [`${title}: everything, too few rows were calibrated for this level`];
    if (region.state === 'empty') return [`${title}: empty, nothing is accepted for this row`];
    return region.clipped ? [`${title}: goes on beyond the drawn window`] : [];
  });
}

/** "set", "everything" or "empty" as a size in words. */
export function stateText(state: Region['state']): string {
  return state === 'set' ? '' : state === 'everything' ? 'everything' : 'empty';
}

/** "row 17 of 154 (row 612 of the data)"; rows are counted from 1 for people. */
export function rowText(row: number, rows: number, datasetRow: number | undefined): string {
  const place = `row ${formatCount(row + 1)} of ${formatCount(rows)}`;
  return datasetRow === undefined ? place : `${place} · row ${formatCount(datasetRow + 1)} of the data`;
}

/** What stands where figures come, before the first split is done. */
export function waitingText(run: RunRecord | null): string {
  if (!run) return 'Starts with Run.';
  switch (run.status) {
    case 'queued':
      return 'Waiting for another run to end …';
    case 'running':
    case 'stopping':
      return 'Comes when the first split is calibrated.';
    case 'failed':
    case 'diverged':
      return 'The run failed before its first split was done.';
    case 'stopped':
    case 'interrupted':
      return 'The run was stopped before its first split was done; Resume goes on with it.';
    default:
      return 'Reading what the run found …';
  }
}

/** What a run does: "fitting otcp · step 3 of 12"; null when it is at rest. */
export function activity(run: RunRecord | null): string | null {
  if (!run) return null;
  if (run.status === 'queued') return 'Waiting for another run to end';
  if (run.status !== 'running') return null;
  const { stage, step, steps } = run.progress;
  const title = stage ? stage.charAt(0).toUpperCase() + stage.slice(1) : 'Running';
  return steps > 1 ? `${title} · ${formatCount(step)} of ${formatCount(steps)}` : title;
}

/** What a score is and what it is worth, line by line, for its tooltip. */
export function scoreHelp(info: ConformalScoreInfo): string {
  const shape = info.fixedShape ? 'The same set for every row, moved to the prediction.' : '';
  return [
    info.help,
    shape,
    `${capital(guaranteeTitles[info.guarantee])}: ${guaranteeHelp[info.guarantee]}`,
    info.source,
  ]
    .filter(Boolean)
    .join('\n');
}

/** "marginalError" as people say it: "marginal error"; a unit in brackets where there is one. */
export function factTitle(fact: string): string {
  const words = fact.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words === 'fit seconds' ? 'fit (s)' : words === 'epsilon' ? 'ε' : words;
}

/** "768 rows: 384 train the model, 115 fit the scores, 115 calibrate, 154 test". */
export function splitText(rows: { train: number; fit: number; calibration: number; test: number }): string {
  const all = rows.train + rows.fit + rows.calibration + rows.test;
  return `${plural(all, 'row')}: ${formatCount(rows.train)} train the model, ${formatCount(rows.fit)} fit the scores, ${formatCount(rows.calibration)} calibrate, ${formatCount(rows.test)} test`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
