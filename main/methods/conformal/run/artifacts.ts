/** @file What a finished run leaves beside its numbers: the report, memberships of the test rows, the membership test. */
import type { RunContext } from '../../../contract/define';
import type { Inputs } from '../inputs';
import { withPrepared } from '../../../contract/query';
import type { ConformalConfig } from '../config';
import { scoresOfRun } from '../scores';
import { membershipModel } from '../export/membership';
import { membershipCsv, reportOf, regionsGeojson } from '../queries/files';
import { prepareSets, regression, type SetsContext } from '../queries/prepared';
import type { Results } from './run';
import { repeatName, SHOWN_SPLIT, storeMeasures } from './stored';
import type { Arrays } from '../../../contract/define';

/** Writes them; what cannot be written, because no plain model can do it, is left out with a line in the log. */
export async function writeArtifacts(
  context: RunContext,
  inputs: Inputs,
  config: ConformalConfig,
  results: Results,
  stored: Arrays,
): Promise<void> {
  const cached = new Map<string, Promise<unknown>>();
  const kept = new Map<string, Arrays>([[SHOWN_SPLIT, stored]]);
  results.forEach((measures, repeat) => kept.set(repeatName(repeat), storeMeasures(measures)));
  const own: SetsContext = withPrepared(
    {
      config,
      inputs,
      seed: context.seed,
      compute: context.compute,
      ...{ snapshotSteps: [], snapshot: () => Promise.reject(new Error('all is kept by name')) },
      keptNames: [...kept.keys()],
      kept: async (name) => kept.get(name) ?? null,
      cached<T>(key: string, make: () => Promise<T>): Promise<T> {
        if (!cached.has(key)) cached.set(key, make());
        return cached.get(key) as Promise<T>;
      },
    },
    prepareSets,
  );
  const shown = await regression(own);
  try {
    const text = (value: string) => new TextEncoder().encode(value);
    await context.artifact('report.html', text(await reportOf(own)));
    await context.artifact('membership.csv', text(await membershipCsv(shown, config, config.alpha)));
    if (shown.shape.d >= 2)
      await context.artifact(
        'regions.geojson',
        text(await regionsGeojson(own, { row: 0, alpha: config.alpha })),
      );
    try {
      const scores = scoresOfRun(config);
      await context.artifact('membership.onnx', await membershipModel(shown, scores, config.alpha));
    } catch (error) {
      context.log('info', error instanceof Error ? error.message : String(error));
    }
  } finally {
    await shown.close();
  }
}
