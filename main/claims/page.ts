/** @file The results page of claims in Markdown: machine, numbers per arm, comparisons, the line that repeats each. */
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { MongeError } from '../../native-models/error';
import { isMissing, makeFolder, writeAtomically } from '../disk/files';
import type { Pictures } from './pictures';
import type { ClaimInfo, ClaimRecord, ClaimTest } from '../contract/claims';

export interface PageEntry {
  method: string;
  record: ClaimRecord;
  claim: Pick<ClaimInfo, 'statement' | 'source' | 'gate'>;
}

/** Every page opens with this, so that only a page is ever replaced. */
const MARK = '<!-- written by `monge claims --out` -->';

/** The page of all outcomes given, in their order, with the pictures of their first seeds where there are any. */
export function resultsPage(entries: readonly PageEntry[], pictures: Pictures = {}): string {
  const records = entries.map(({ record }) => record);
  const seconds = records.reduce((sum, record) => sum + record.seconds, 0);
  return [
    MARK,
    `# Claims of ${[...new Set(entries.map(({ method }) => method))].join(', ') || 'no method'}`,
    '',
    'Orderings at the scale tested, not the papers’ numbers. Every arm is trained once per seed; comparisons are paired over the seeds. `±` is the sample standard deviation over seeds, the interval a 95 % bootstrap of the mean paired difference; sign P and permutation P are one-sided and exact. A gate can fail; what is in brackets is only reported.',
    '',
    ...machines(records),
    '',
    `Training time of all runs named below, shared ones counted for each claim: ${duration(seconds)}.`,
    '',
    '| claim | statement | kind | result |',
    '| --- | --- | --- | --- |',
    ...entries.map(({ record, claim }) =>
      row([record.id, claim.statement, claim.gate ? 'gate' : 'report', verdict(record, claim.gate)]),
    ),
    ...entries.flatMap((entry) => claimSection(entry, pictures)),
    '',
  ].join('\n');
}

/** Writes the page, or replaces one written before. Throws what `checkResultsPage` throws. */
export async function writeResultsPage(path: string, text: string): Promise<void> {
  await checkResultsPage(path);
  await makeFolder(dirname(path));
  await writeAtomically(path, text);
}

/** Throws `file-exists` for a file that is no such page; best known before hours of training. */
export async function checkResultsPage(path: string): Promise<void> {
  const before = await readFile(path, 'utf8').catch((thrown: unknown) => {
    if (isMissing(thrown)) return MARK;
    throw thrown;
  });
  if (!before.startsWith(MARK))
    throw new MongeError({
      code: 'file-exists',
      what: 'the file exists and is no results page, so it is kept',
      where: { file: path },
      help: 'Give another name with --out.',
    });
}

function machines(records: readonly ClaimRecord[]): string[] {
  const lines = records.map(({ machine, versions, finished }) => {
    const { processor, cores, threads, memory, system } = machine;
    const known = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    return `Machine: ${processor}, ${cores} cores (${threads} threads used), ${memory}, ${system}; ${known.join(', ')}; ${finished.slice(0, 10)}.`;
  });
  return [...new Set(lines)];
}

function claimSection({ record, claim }: PageEntry, pictures: Pictures): string[] {
  const { id, sentence, arms, tests, seeds } = record;
  const lines = [
    '',
    `## ${id} — ${claim.statement}`,
    '',
    `**${verdict(record, claim.gate)}.** ${sentence}`,
    '',
  ];
  lines.push(`Source: ${claim.source}.`);
  if (seeds.length > 0)
    lines.push(
      `Scale: ${record.quick ? 'quick' : 'full'}; seeds ${seeds.join(', ')}; ${duration(record.seconds)} of training.`,
    );
  // A page is read elsewhere: where a file lies on this machine means nothing there.
  let command = record.command;
  for (const { name, path, sha256 } of record.data) {
    lines.push(`Data: ${name} = \`${basename(path)}\`, SHA-256 \`${sha256.slice(0, 16)}…\`.`);
    command = command.replaceAll(path, basename(path));
  }
  lines.push('', '```', command, '```');
  for (const recipe of new Set(arms.map((arm) => arm.recipe))) {
    const own = arms.filter((arm) => arm.recipe === recipe);
    const metrics = [
      ...new Set(
        own.flatMap(({ numbers }) => numbers.filter(({ mean }) => mean !== null).map(({ metric }) => metric)),
      ),
    ];
    lines.push('', row([recipe, ...metrics]), row(['---', ...metrics.map(() => '---')]));
    for (const { label, numbers } of own)
      lines.push(
        row([
          label,
          ...metrics.map((metric) => {
            const one = numbers.find((candidate) => candidate.metric === metric);
            return !one || one.mean === null
              ? '–'
              : `${short(one.mean)}${one.deviation === null ? '' : ` ± ${short(one.deviation, 2)}`}`;
          }),
        ]),
      );
    lines.push(...pictureRows(own, pictures));
  }
  if (tests.length > 0)
    lines.push(
      '',
      '| comparison | result | per seed | mean difference | 95 % interval | sign P | permutation P | rule |',
      row(Array.from({ length: 8 }, () => '---')),
      ...tests.map(testRow),
    );
  return lines;
}

/** The arms' pictures side by side. */
function pictureRows(arms: ClaimRecord['arms'], pictures: Pictures): string[] {
  const shown = arms.flatMap(({ label, runs }) => {
    const path = runs[0] === undefined ? undefined : pictures[runs[0]];
    return path === undefined ? [] : [{ label, path }];
  });
  if (shown.length === 0) return [];
  return [
    '',
    'Samples of the first seed: a row per noise, a column per number of Euler steps (1, 2, 4, 8, 16, 64).',
    '',
    row(shown.map(({ label }) => label)),
    row(shown.map(() => '---')),
    row(shown.map(({ label, path }) => `![${label}](${path})`)),
  ];
}

function testRow(test: ClaimTest): string {
  const word = test.holds === null ? 'undecided' : test.holds ? 'holds' : 'fails';
  return row([
    test.statement,
    test.decides ? word : `(${word})`,
    test.differences.map((difference) => short(difference, 3)).join(', '),
    short(test.mean),
    test.interval ? `${short(test.interval[0])} … ${short(test.interval[1])}` : '–',
    short(test.signP),
    short(test.permutationP),
    test.rule,
  ]);
}

function verdict({ verdict: word, error }: ClaimRecord, gate: boolean): string {
  if (word === 'reported' && gate) return 'reported, not judged';
  return word === 'not run' && error ? `not run (${error.code})` : word;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function short(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits)));
}

function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes === 0) return `${Math.round(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
