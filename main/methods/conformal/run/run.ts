/** @file The run: split after split is trained, calibrated and tested; the first one is kept to be looked at. */
import type { RunContext } from '../../../contract/define';
import type { PreparedTable } from '../../../tables/prepare';
import type { ConformalConfig, Inputs } from '../config';
import { readTable } from '../toys';
import { writeArtifacts } from './artifacts';
import { runClasses } from './classes';
import { evaluateSplit } from './evaluate';
import { finalMeasures, MEASURE_NAMES, type SplitMeasures } from './measures';
import { judgedBy, runRepeats } from './repeats';
import { repeatName, storeMeasures, storeScores } from './stored';

export async function runConformal(
  context: RunContext,
  inputs: Inputs,
  config: ConformalConfig,
): Promise<'done' | 'stopped'> {
  const table = await readTable(inputs.table, config, context.seed);
  if (!context.resume) for (const notice of noticesOf(table, config)) context.notice(notice);
  if (table.task === 'classification') return runClasses(context, table, config);
  const { alpha } = config;
  const run = await runRepeats<SplitMeasures>(
    context,
    config,
    async (split, repeat) => {
      const done = await evaluateSplit({ ...split, userModel: inputs.model }, table, config, repeat);
      if (!done) return null;
      const { measures, model, scores, counts, notices } = done;
      await context.keep(repeatName(repeat), storeMeasures(measures));
      return {
        result: measures,
        metrics: Object.entries(measures).flatMap(([id, values]) =>
          MEASURE_NAMES.map((name) => [`${name}.${id}`, values[name]] as const),
        ),
        final: (results) => ({
          ...judgedBy(counts, alpha, results.length),
          ...finalMeasures(results, counts, alpha),
        }),
        notices,
        stored: () => storeScores(model, scores),
      };
    },
    { keepsShown: true },
  );
  if (run.state === 'done') await writeArtifacts(context, inputs, config, run);
  return run.state;
}

function noticesOf(table: PreparedTable, config: ConformalConfig): string[] {
  const gaps = rowsWithGaps(table);
  return [
    ...table.notices,
    ...(gaps > 0
      ? [`${gaps} rows lack a feature value; they are given the median of the training rows, and kept.`]
      : []),
    ...(config.order === 'blocks'
      ? ['Rows are dealt out in file order: coverage is then measured, not guaranteed.']
      : []),
  ];
}

function rowsWithGaps({ raw, rows, names }: PreparedTable): number {
  let count = 0;
  for (let row = 0; row < rows; row++)
    if (raw.subarray(row * names.length, (row + 1) * names.length).some(Number.isNaN)) count++;
  return count;
}
