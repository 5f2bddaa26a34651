/** @file What the panel of Conformal sets says: levels, guarantees, and the states of a set that are no numbers. */
import type { RunRecord } from '../../../main/rpc/contract';
import type { Stroke } from '../../../figures/scene';
import { capital, count as formatCount, number as formatNumber, plural } from '../../../figures/format';
import type { ConformalScoreInfo } from './conformal.svelte';
import type { Region } from './regions/scene';

/** What a guarantee is worth, and how it is drawn: solid, a promise for many rows in long dashes, none dotted. */
export const guarantees: Record<
  ConformalScoreInfo['guarantee'],
  { title: string; help: string; stroke: Stroke }
> = {
  exact: {
    title: 'guaranteed',
    help: 'Covers at least as often as asked, with any number of rows, while rows come in random order.',
    stroke: 'solid',
  },
  asymptotic: {
    title: 'in the limit',
    help: 'Covers as often as asked only in the limit of many rows.',
    stroke: 'long',
  },
  none: {
    title: 'no guarantee',
    help: 'Nothing is promised: what it covers is only measured.',
    stroke: 'dotted',
  },
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

/** "12.3 %", of a share that may not have been measured. */
export function percentText(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return 'not measured';
  return `${formatNumber(Math.round(1000 * share) / 10)} %`;
}

/** A number of which two digits matter. */
export function twoDigits(value: number): string {
  return formatNumber(Number(value.toPrecision(2)));
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

/** "row 17 of 154 · row 612 of the data", of the test rows; rows are counted from 1 for people. */
export function rowText(row: number, testRows: ArrayLike<number> = []): string {
  const place = `row ${formatCount(row + 1)} of ${formatCount(testRows.length)}`;
  const datasetRow = testRows[row];
  return datasetRow === undefined ? place : `${place} · row ${formatCount(datasetRow + 1)} of the data`;
}

const failed = 'The run failed before its first split was done.';
const stopped = 'The run was stopped before its first split was done; Resume goes on with it.';
const running = 'Comes when the first split is calibrated.';

/** What stands where figures come, before the first split is done. */
export function waitingText(run: RunRecord | null): string {
  if (!run) return 'Starts with Run.';
  return {
    queued: 'Waiting for another run to end …',
    running,
    stopping: running,
    failed,
    diverged: failed,
    stopped,
    interrupted: stopped,
    done: 'Reading what the run found …',
  }[run.status];
}

/** What a run does: "fitting otcp · step 3 of 12"; null when it is at rest. */
export function activity(run: RunRecord | null): string | null {
  if (!run) return null;
  if (run.status === 'queued') return 'Waiting for another run to end';
  if (run.status !== 'running') return null;
  const { stage, step, steps } = run.progress;
  const title = stage ? capital(stage) : 'Running';
  return steps > 1 ? `${title} · ${formatCount(step)} of ${formatCount(steps)}` : title;
}

/** What a score is and what it is worth, line by line, for its tooltip. */
export function scoreHelp(info: ConformalScoreInfo): string {
  const { title, help } = guarantees[info.guarantee];
  const lines = [
    info.help,
    info.fixedShape && 'The same set for every row, moved to the prediction.',
    `${capital(title)}: ${help}`,
    info.source,
  ];
  return lines.filter(Boolean).join('\n');
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
