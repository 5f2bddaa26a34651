/** @file Comparisons of arms, paired over the seeds, and the rules by which they hold. */
import {
  bootstrapInterval,
  deviation,
  mean,
  pairedDifferences,
  pooledDeviation,
  signFlipTest,
  signTest,
} from './statistics';
import type { ClaimTest } from '../contract/claims';

/**
 * When a comparison holds.
 * - `every seed`: all seeds agree, and there are at least `seeds` of them. With five the sign test gives p = 1/32.
 * - `sign or margin`: all of at least five seeds agree, or the mean difference of at least three exceeds two pooled
 *   standard deviations.
 * - `wins`: at least so many seeds agree, and Student's paired t exceeds `t`.
 */
export type Rule =
  | { kind: 'every seed'; seeds: number }
  | { kind: 'sign or margin' }
  | { kind: 'wins'; wins: number; t: number };

/** The paired sign test with 5 of 5. */
export const fiveOfFive: Rule = { kind: 'every seed', seeds: 5 };
export const signOrMargin: Rule = { kind: 'sign or margin' };

const SIGN_SEEDS = 5;
const MARGIN_SEEDS = 3;
const MARGIN_DEVIATIONS = 2;

/**
 * Tests that `larger` exceeds `smaller`, seed by seed. A value that is missing or not finite disagrees. What does not
 * decide is reported beside the claim's verdict.
 */
export function compare(
  statement: string,
  larger: readonly number[],
  smaller: readonly number[],
  rule: Rule,
  decides = true,
): ClaimTest {
  const differences = pairedDifferences(larger, smaller).map((difference) =>
    Number.isFinite(difference) ? difference : NaN,
  );
  const finite = differences.filter((difference) => !Number.isNaN(difference));
  const whole = finite.length === differences.length;
  const { positive, p } = signTest(differences);
  const count = differences.length;
  const judged =
    rule.kind === 'wins'
      ? judgeWins(rule, differences, whole)
      : judge(rule, positive, count, whole ? pooledDeviation(larger, smaller) : null, mean(finite));
  return {
    statement,
    differences: whole ? differences : finite,
    agree: positive,
    mean: finite.length > 0 ? mean(finite) : 0,
    interval: whole ? bootstrapInterval(differences) : null,
    signP: p,
    permutationP: whole ? signFlipTest(differences) : 1,
    rule: judged.rule + (whole ? '' : `; ${count - finite.length} without a value`),
    decides,
    holds: judged.holds,
  };
}

/** Tests that every value lies within a bound, |value| ≤ bound; the differences are bound − |value|. */
export function within(
  statement: string,
  values: readonly number[],
  bound: number,
  seeds: number,
): ClaimTest {
  const bounds = values.map(() => bound);
  return compare(statement, bounds, values.map(Math.abs), { kind: 'every seed', seeds });
}

function judgeWins(
  { wins, t }: Extract<Rule, { kind: 'wins' }>,
  differences: readonly number[],
  whole: boolean,
): { holds: boolean | null; rule: string } {
  const count = differences.length;
  const agree = differences.filter((difference) => difference > 0).length;
  const found = whole ? pairedT(differences) : NaN;
  const seen = `${agree} of ${count} seeds agree, paired t ${Number.isNaN(found) ? 'unknown' : found.toFixed(1)}`;
  if (count < wins) return { holds: agree === count ? null : false, rule: `${seen}, ${wins} are needed` };
  return { holds: agree >= wins && found > t, rule: seen };
}

/** Mean difference over its standard error; infinite where all differ equally. */
function pairedT(differences: readonly number[]): number {
  const spread = deviation(differences) ?? NaN;
  return mean(differences) / (spread / Math.sqrt(differences.length));
}

function judge(
  rule: Exclude<Rule, { kind: 'wins' }>,
  agree: number,
  count: number,
  pooled: number | null,
  difference: number,
): { holds: boolean | null; rule: string } {
  const seen = `${agree} of ${count} seeds agree`;
  if (rule.kind === 'every seed') {
    if (count < rule.seeds && agree === count)
      return { holds: null, rule: `${seen}, ${rule.seeds} are needed` };
    return { holds: agree === count, rule: seen };
  }
  if (count >= SIGN_SEEDS && agree === count) return { holds: true, rule: seen };
  if (count < MARGIN_SEEDS || pooled === null)
    return { holds: agree === count ? null : false, rule: `${seen}, ${MARGIN_SEEDS} are needed` };
  const ratio = pooled > 0 ? difference / pooled : difference > 0 ? Infinity : 0;
  return {
    holds: ratio > MARGIN_DEVIATIONS,
    rule: `${seen}, margin ${ratio.toFixed(1)} pooled deviations`,
  };
}
