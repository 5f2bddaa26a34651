/** @file The numbers of the studies in lines of Markdown. */
import { makeJudges } from '../../../main/methods/steer/texts/judges';
import type { Limits } from '../../../main/methods/steer/strength/summary';
import { chanceInterval } from '../../../main/calibration/band';
import { allowedOf, largestWithinShare, sharesOf, splitsOf } from './splits';
import type { DetectFound } from './detect';
import type { StrengthMeasured } from './strength';

const ALPHA = 0.1;

/** Words of football, of the hand. */
const WORDS = 'football*,soccer,goal*,league*,team*,player*,match*,cup,club*,coach*,striker*,midfield*'.split(
  ',',
);

const limitSets: Record<string, Limits> = {
  'as the method has them': { limitDivergence: 0.5, limitPerplexity: 2, limitTraits: 1 },
  stricter: { limitDivergence: 0.25, limitPerplexity: 1.5, limitTraits: 1 },
  looser: { limitDivergence: 1, limitPerplexity: 3, limitTraits: 2 },
  'KL alone': { limitDivergence: 0.5, limitPerplexity: Infinity, limitTraits: Infinity },
};

export function strengthReport(measured: StrengthMeasured): string {
  const presence = [...measured.presence].sort((a, b) => a.lambda - b.lambda);
  const neutral = { texts: [], says: '' };
  const judges = makeJudges({ ...measured.sides, neutral, offensive: false, notes: [] }, { lexicon: WORDS });
  const lambdas = presence.map(({ lambda }) => lambda);
  const told = {
    words: presence.map(({ texts }) => texts.map((text) => Number(judges.hits(text).length > 0))),
    judge: presence.map(({ texts }) => Array.from(judges.judge(texts))),
  };
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const lines = [
    `judge: ${judges.says}, AUC ${judges.auc.toFixed(3)}`,
    '',
    '| λ | presence | judged |',
    '| --- | --- | --- |',
    ...lambdas.map((lambda, k) => {
      const hits = told.words[k]!.reduce((sum, value) => sum + value, 0);
      const [low, high] = chanceInterval(hits, told.words[k]!.length);
      return `| ${lambda} | ${mean(told.words[k]!).toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}] | ${mean(told.judge[k]!).toFixed(2)} |`;
    }),
  ];
  for (const [name, limits] of Object.entries(limitSets)) {
    const allowed = allowedOf(measured, limits);
    const splits = splitsOf(allowed, ALPHA);
    const violated = splits.map((split) => split.violated);
    const average = mean(violated);
    const deviation = Math.sqrt(mean(violated.map((value) => (value - average) ** 2)));
    const all = largestWithinShare(allowed, ALPHA);
    const safe = splits.map((split) => split.safe);
    lines.push(
      '',
      `limits ${name}: ${allowed.length} prompts; safe λ ${mean(safe).toFixed(3)} (${Math.min(...safe).toFixed(3)} to ${Math.max(...safe).toFixed(3)}); held-out violation ${average.toFixed(4)} (deviation of a split ${deviation.toFixed(3)}, ${Math.min(...violated).toFixed(3)} to ${Math.max(...violated).toFixed(3)}); in the 99.9 % band ${splits.filter(({ inBand }) => inBand).length} of ${splits.length}; hindsight ${mean(splits.map(({ hindsight }) => hindsight)).toFixed(3)}, of all prompts ${all.toFixed(3)}`,
    );
    for (const [by, values] of Object.entries(told)) {
      const { gain, ofHindsight, ratios, ofAll, ofAny } = sharesOf(splits, { all, lambdas, told: values });
      lines.push(
        `by ${by}: gain ${gain.map((value) => value.toFixed(3)).join(' ')}; ${ofHindsight.map((value) => value.toFixed(3)).join(' ')} of hindsight; ratios mean ${ratios[0].toFixed(3)} least ${ratios[1].toFixed(3)}; of all ${ofAll.toFixed(3)}; of any ${ofAny[0].toFixed(3)} at λ = ${ofAny[1]}`,
      );
    }
  }
  return lines.join('\n');
}

/** A table of all concepts, and one of the blocks of each. */
export function detectReport(found: readonly DetectFound[]): string {
  const lines = [
    '| concept | AUC of the judge of words | present without steering | blocks | r (presence) | r (judge) | best to read | best to steer | its gain | mean cosine, probe | mean cosine, means |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const digits = (value: number, count = 2) => (Number.isFinite(value) ? value.toFixed(count) : '');
  for (const { concept, judgeAuc, present, detect } of found) {
    const best = detect.blocks.indexOf(detect.steeredBest);
    const steered = detect.missing.filter((missing) => missing === 0).length;
    const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    lines.push(
      `| ${concept} | ${digits(judgeAuc)} | ${digits(present)} | ${steered} | ${digits(detect.correlation)} | ${digits(detect.correlationJudged)} | ${detect.readBest} | ${detect.steeredBest} | ${banded(detect.gain, detect.gainLow, detect.gainHigh, best)} | ${digits(mean(detect.cosine))} | ${digits(mean(detect.cosineMeans))} |`,
    );
  }
  for (const { concept, words, detect } of found) {
    lines.push(
      '',
      `${concept}: ${words.join(', ')}; chance ${digits(detect.chance, 3)}, 95 % ${digits(detect.chanceHigh, 3)}; ${detect.continuations} continuations`,
      '',
      '| block | cosine, probe | cosine, means | AUC, probe | AUC, means | presence gained | judged gained |',
      '| --- | --- | --- | --- | --- | --- | --- |',
    );
    for (const [k, block] of detect.blocks.entries())
      lines.push(
        `| ${block} | ${digits(detect.cosine[k]!)} | ${digits(detect.cosineMeans[k]!)} | ${digits(detect.auc[k]!, 3)} | ${digits(detect.aucMeans[k]!, 3)} | ${banded(detect.gain, detect.gainLow, detect.gainHigh, k)} | ${banded(detect.judged, detect.judgedLow, detect.judgedHigh, k)} |`,
      );
  }
  return lines.join('\n');
}

function banded(values: Float64Array, low: Float64Array, high: Float64Array, at: number): string {
  if (!Number.isFinite(values[at])) return '';
  return `${values[at]!.toFixed(2)} [${low[at]!.toFixed(2)}, ${high[at]!.toFixed(2)}]`;
}
