/** @file Claims as text for a terminal: the declared ones, each outcome with its numbers, and progress. */
import type { ClaimArm, ClaimInfo, ClaimRecord, ClaimsProgress, ClaimTest } from '../contract/engine';
import { duration } from './progress';
import { table } from './text';

/** Declared claims with their last verdicts. */
export function claimList(methods: readonly { id: string; claims: readonly ClaimInfo[] }[]): string {
  const rows = methods.flatMap(({ id, claims }) =>
    claims.map((claim) => {
      const last = claim.outcomes[0];
      const verdict = last ? `${last.verdict} (${last.quick ? 'quick' : 'full'})` : 'not run';
      const needs = claim.needs.map(({ name }) => `--data ${name}=FILE`).join(' ');
      return [id, claim.id, claim.gate ? 'gate' : 'report', verdict, claim.statement, needs];
    }),
  );
  return table([['METHOD', 'CLAIM', 'KIND', 'LAST RESULT', 'STATEMENT', 'NEEDS'], ...rows]);
}

/** One outcome: verdict, sentence, the numbers per arm and the comparisons. */
export function claimText(record: ClaimRecord, claim: ClaimInfo): string {
  const seeds = record.seeds.length;
  const facts = seeds > 0 ? ` (${seeds} seeds, ${duration(record.seconds)} of training)` : '';
  const parts = [
    `${record.id}  ${verdictWord(record, claim)}${facts}`,
    `  ${claim.statement}`,
    `  ${record.sentence}`,
  ];
  for (const recipe of new Set(record.arms.map((arm) => arm.recipe)))
    parts.push(
      '',
      indent(
        armTable(
          recipe,
          record.arms.filter((arm) => arm.recipe === recipe),
        ),
      ),
    );
  if (record.tests.length > 0) parts.push('', indent(testTable(record.tests)));
  return parts.join('\n');
}

/** `holds`, `FAILS`, `reported`, `not run`; a gate that could not be judged says so. */
function verdictWord({ verdict, error }: ClaimRecord, { gate }: ClaimInfo): string {
  if (verdict === 'fails') return 'FAILS';
  if (verdict === 'reported' && gate) return 'reported, not judged';
  return verdict === 'not run' && error ? `NOT RUN: ${error.code}` : verdict;
}

/** The last table: one line per claim. */
export function summary(
  records: readonly { method: string; record: ClaimRecord; claim: ClaimInfo }[],
): string {
  return table([
    ['METHOD', 'CLAIM', 'RESULT', 'FINDING'],
    ...records.map(({ method, record, claim }) => [
      method,
      record.id,
      verdictWord(record, claim),
      record.sentence,
    ]),
  ]);
}

/** `C1 · 12 of 75 trainings done · Eight Gaussians, n = 256, seed 1 · 8 min 20 s left`. */
export function progressLine(progress: ClaimsProgress): string {
  const parts = [progress.claim ?? 'claims', `${progress.done} of ${progress.trainings} trainings done`];
  if (progress.training) parts.push(progress.training);
  if (progress.secondsLeft !== null) parts.push(`${duration(progress.secondsLeft)} left`);
  if (progress.state === 'stopping') parts.push('stopping');
  return parts.join(' · ');
}

/** Four significant digits: the seeds differ in the third. */
function short(value: number | null): string {
  return value === null ? '–' : String(Number(value.toPrecision(4)));
}

function armTable(recipe: string, arms: readonly ClaimArm[]): string {
  const shown = metricsOf(arms);
  const rows = arms.map((arm) => [
    arm.label,
    ...shown.map((metric) => {
      const numbers = arm.numbers.find((one) => one.metric === metric);
      if (!numbers || numbers.mean === null) return '–';
      return numbers.deviation === null
        ? short(numbers.mean)
        : `${short(numbers.mean)} ± ${Number(numbers.deviation.toPrecision(2))}`;
    }),
  ]);
  return table([[recipe.toUpperCase(), ...shown], ...rows]);
}

/** Metrics that some arm reported, in order. */
function metricsOf(arms: readonly ClaimArm[]): string[] {
  const all = arms.flatMap((arm) => arm.numbers.filter(({ mean }) => mean !== null));
  return [...new Set(all.map(({ metric }) => metric))];
}

function testTable(tests: readonly ClaimTest[]): string {
  const rows = tests.map((test) => [
    test.statement,
    resultOf(test),
    short(test.mean),
    test.interval ? `[${short(test.interval[0])}, ${short(test.interval[1])}]` : '–',
    short(test.signP),
    short(test.permutationP),
    test.rule,
  ]);
  const heading = ['COMPARISON', 'RESULT', 'DIFFERENCE', '95 % INTERVAL', 'SIGN P', 'PERMUTATION P', 'RULE'];
  return table([heading, ...rows]);
}

/** `holds` or `FAILS` of a gate; what is only reported stands in brackets. */
function resultOf({ decides, holds }: ClaimTest): string {
  const word = holds === null ? 'undecided' : holds ? 'holds' : decides ? 'FAILS' : 'does not hold';
  return decides ? word : `(${word})`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
