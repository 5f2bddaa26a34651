/**
 * @file The run: split after split is trained, calibrated and tested; the first one is kept to be looked at. Beside its numbers
 * it leaves the report, memberships of the test rows and the membership test.
 */
import type { Arrays, RunContext } from '../../../contract/define';
import { withPrepared } from '../../../contract/query';
import type { PreparedTable } from '../../../tables/prepare';
import type { ConformalConfig, Inputs } from '../config';
import { membershipModel } from '../export/membership';
import { membershipCsv, regionsGeojson, reportOf } from '../queries/files';
import { prepareSets, regression, type SetsContext } from '../queries/prepared';
import { scoresOfRun } from '../scores';
import { readTable } from '../toys';
import { runClasses } from './classes';
import { evaluateSplit } from './evaluate';
import { finalMeasures, MEASURE_NAMES, type SplitMeasures } from './measures';
import { judgedBy, runRepeats, type Repeats } from './repeats';
import { repeatName, SHOWN_SPLIT, storeMeasures, storeScores } from './stored';

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

/** What a finished run leaves; what cannot be written, because no plain model can do it, is left out with a line in the log. */
async function writeArtifacts(
  context: RunContext,
  inputs: Inputs,
  config: ConformalConfig,
  run: Repeats<SplitMeasures>,
): Promise<void> {
  const own = ownAnswers(context, inputs, config, run);
  const { alpha } = config;
  const write = (name: string, text: string) => context.artifact(name, new TextEncoder().encode(text));
  const shown = await regression(own);
  try {
    await write('report.html', await reportOf(own));
    await write('membership.csv', await membershipCsv(shown, config, alpha));
    if (shown.shape.d >= 2) await write('regions.geojson', await regionsGeojson(own, { row: 0, alpha }));
    try {
      await context.artifact('membership.onnx', await membershipModel(shown, scoresOfRun(config), alpha));
    } catch (error) {
      context.log('info', error instanceof Error ? error.message : String(error));
    }
  } finally {
    await shown.close();
  }
}

/** What queries of the run are answered from, before it lies in its folder. */
function ownAnswers(
  { seed, compute }: RunContext,
  inputs: Inputs,
  config: ConformalConfig,
  { results, stored }: Repeats<SplitMeasures>,
): SetsContext {
  const cached = new Map<string, Promise<unknown>>();
  const kept = new Map<string, Arrays>([[SHOWN_SPLIT, stored]]);
  results.forEach((measures, repeat) => kept.set(repeatName(repeat), storeMeasures(measures)));
  const run = {
    ...{ config, inputs, seed, compute, snapshotSteps: [], keptNames: [...kept.keys()] },
    snapshot: () => Promise.reject(new Error('all is kept by name')),
    kept: async (name: string) => kept.get(name) ?? null,
    artifact: async () => null,
    cached<T>(key: string, make: () => Promise<T>): Promise<T> {
      if (!cached.has(key)) cached.set(key, make());
      return cached.get(key) as Promise<T>;
    },
  };
  return withPrepared(run, prepareSets);
}
