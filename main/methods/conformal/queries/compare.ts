/** @file Query `compare`: every score over the repeats that are done. */
import type { QueryContext } from '../../../contract/define';
import type { Inputs } from '../../../contract/define';
import { hitBand } from '../../../calibration/band';
import type { ConformalConfig } from '../config';
import type { ScoreMeasures } from '../run/measure';
import { resultsOfRepeats } from '../run/stored';
import { scoreById, scoresOfRun } from '../scores';
import type { CompareAnswer } from '../view';
import { shownSplit } from './shown';

export async function compare(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
): Promise<CompareAnswer> {
  const shown = await shownSplit(context, inputs, config);
  const results = await resultsOfRepeats(context);
  const { calibration, test } = shown.split;
  return {
    d: shown.shape.d,
    alpha: config.alpha,
    band: hitBand(calibration.count, config.alpha, test.count),
    repeats: results.length,
    rows: scoresOfRun(config).map((id) => {
      const of = (name: keyof ScoreMeasures) => Float64Array.from(results, (one) => one[id]?.[name] ?? NaN);
      return {
        score: id,
        guarantee: scoreById(id).guarantee,
        coverage: of('coverage'),
        logVolume: of('logVolume'),
        worstSlab: of('worstSlab'),
        ert: of('ert'),
        cecX: of('cecX'),
        fitSeconds: of('fitSeconds'),
        queryMilliseconds: of('queryMilliseconds'),
      };
    }),
  };
}
