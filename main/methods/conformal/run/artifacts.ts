/** @file What a finished run leaves beside its numbers: the report, memberships of the test rows, the membership test. */
import type { Arrays, RunContext } from '../../../contract/define';
import { withPrepared } from '../../../contract/query';
import type { ConformalConfig, Inputs } from '../config';
import { membershipModel } from '../export/membership';
import { membershipCsv, regionsGeojson, reportOf } from '../queries/files';
import { prepareSets, regression, type SetsContext } from '../queries/prepared';
import { scoresOfRun } from '../scores';
import type { SplitMeasures } from './measures';
import type { Repeats } from './repeats';
import { repeatName, SHOWN_SPLIT, storeMeasures } from './stored';

/** Writes them; what cannot be written, because no plain model can do it, is left out with a line in the log. */
export async function writeArtifacts(
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
    cached<T>(key: string, make: () => Promise<T>): Promise<T> {
      if (!cached.has(key)) cached.set(key, make());
      return cached.get(key) as Promise<T>;
    },
  };
  return withPrepared(run, prepareSets);
}
