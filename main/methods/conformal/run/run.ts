/** @file The run: split after split is trained, calibrated and tested; the first one is kept to be looked at. */
import type { Arrays, CheckpointState, RunContext } from '../../../contract/define';
import type { Inputs } from '../inputs';
import type { Json } from '../../../contract/schema';
import type { ConformalConfig } from '../config';
import { readTable } from '../toys';
import { Parts } from '../../../training/parts';
import type { PreparedTable } from '../../../tables/prepared';
import { writeArtifacts } from './artifacts';
import { runClasses } from './classes';
import { finalMetrics } from './final';
import { evaluateSplit } from './evaluate';
import { MEASURE_NAMES, type ScoreMeasures } from './measure';
import { repeatName, SHOWN, SHOWN_SPLIT, storeMeasures, storeSplit } from './stored';

/** Numbers of all scores, by repeat and score. */
export type Results = Record<string, ScoreMeasures>[];

/** Runs all repeats that a checkpoint does not have yet. */
export async function runConformal(
  context: RunContext,
  inputs: Inputs,
  config: ConformalConfig,
): Promise<'done' | 'stopped'> {
  const table = await readTable(inputs.table, config, context.seed);
  if (!context.resume) for (const notice of noticesOf(table, config)) context.notice(notice);
  if (table.task === 'classification') return runClasses(context, table, config);
  const parts: Parts = new Parts(context, () => checkpointOf(results, stored));
  const results = (parts.resume?.json.results as unknown as Results | undefined) ?? [];
  let stored: Arrays = parts.resume?.arrays ?? {};
  for (let repeat = results.length; repeat < config.repeats; repeat++) {
    const evaluated = await evaluateSplit(context, table, config, repeat, parts, inputs.model);
    if (!evaluated) {
      await parts.save();
      return 'stopped';
    }
    const { measures, model, scores, notices } = evaluated;
    if (repeat === SHOWN) {
      for (const notice of notices) context.notice(notice);
      stored = storeSplit(model, scores);
      await context.keep(SHOWN_SPLIT, stored);
    }
    await context.keep(repeatName(repeat), storeMeasures(measures));
    results.push(measures);
    for (const [id, values] of Object.entries(measures))
      for (const name of MEASURE_NAMES)
        if (values[name] !== null) context.metric(`${name}.${id}`, repeat, values[name]);
    context.final(finalMetrics(results, evaluated.counts, config));
    parts.clear();
    await context.checkpoint(checkpointOf(results, stored));
    if (context.stopRequested() && repeat + 1 < config.repeats) return 'stopped';
  }
  await writeArtifacts(context, inputs, config, results, stored);
  return 'done';
}

function noticesOf(table: PreparedTable, config: ConformalConfig): string[] {
  const notices = [...table.notices];
  const gaps = rowsWithGaps(table);
  if (gaps > 0)
    notices.push(
      `${gaps} rows lack a feature value; they are given the median of the training rows, and kept.`,
    );
  if (config.order === 'blocks')
    notices.push('Rows are dealt out in file order: coverage is then measured, not guaranteed.');
  return notices;
}

function rowsWithGaps({ raw, rows, names }: PreparedTable): number {
  let count = 0;
  for (let row = 0; row < rows; row++)
    if (raw.subarray(row * names.length, (row + 1) * names.length).some(Number.isNaN)) count++;
  return count;
}

function checkpointOf(results: Results, stored: Arrays): CheckpointState {
  return { step: results.length, json: { results: results as unknown as Json }, arrays: stored };
}
