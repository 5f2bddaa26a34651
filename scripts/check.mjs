/** @file `npm run check`: types, lint, format, one-way imports and file lengths; two at a time, one summary. */
import { rmSync } from 'node:fs';
import { measureFiles } from './file-lengths.mjs';
import { packageFile, run } from './run.mjs';

/**
 * What did not change is not looked at again. A type that changed elsewhere can hide a finding of the typed lint rules, so a
 * machine that judges (CI) starts from nothing.
 */
const fresh = process.env.CI !== undefined;
const LINT_CACHE = '.cache/eslint.json';
const cached = (...flags) => (fresh ? [] : flags);

const node = (name, file, ...args) => [process.execPath, [packageFile(name, file), ...args]];

const checks = [
  {
    name: 'types of the view',
    command: node(
      'svelte-check',
      'bin/svelte-check',
      '--workspace',
      'renderer',
      '--tsconfig',
      './tsconfig.json',
      '--fail-on-warnings',
    ),
  },
  {
    name: 'lint',
    command: node(
      ...['eslint', 'bin/eslint.js', '.', '--max-warnings', '0'],
      ...cached('--cache', '--cache-strategy', 'content', '--cache-location', LINT_CACHE),
    ),
  },
  {
    name: 'types',
    command: node(
      ...['typescript', 'bin/tsc', '-p', 'tsconfig.json'],
      ...cached('--incremental', '--tsBuildInfoFile', '.cache/types.json'),
    ),
  },
  {
    name: 'format',
    command: node(
      ...['prettier', 'bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
      ...cached('--cache', '--cache-strategy', 'content', '--cache-location', '.cache/format.json'),
    ),
  },
  {
    name: 'one-way imports',
    command: node(
      'dependency-cruiser',
      'bin/dependency-cruise.mjs',
      '--config',
      '.dependency-cruiser.mjs',
      'native-models',
      'figures',
      'main',
      'electron',
      'renderer',
      'bench',
      'e2e',
    ),
  },
  { name: 'file lengths', run: checkLengths },
];

function checkLengths() {
  const { largest, tooLong, limit } = measureFiles();
  const rows = largest.map(({ lines, path }) => `  ${String(lines).padStart(4)}  ${path}`);
  const verdict = tooLong.map(
    ({ lines, path }) => `${path} has ${lines} lines; at most ${limit} are read well`,
  );
  const output = ['the ten longest files:', ...rows, ...verdict].join('\n');
  return { code: tooLong.length === 0 ? 0 : 1, output: `${output}\n`, always: true };
}

async function perform(check) {
  const result = check.run ? check.run() : await run(...check.command, { capture: true });
  const ok = result.code === 0;
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${check.name}`);
  if (!ok || result.always) console.log(result.output.trimEnd());
  return { name: check.name, ok };
}

const waiting = [...checks];
const results = [];
async function lane() {
  for (let check = waiting.shift(); check; check = waiting.shift()) results.push(await perform(check));
}
await Promise.all([lane(), lane()]);

const failed = results.filter((result) => !result.ok).map((result) => result.name);
console.log(
  failed.length === 0
    ? `\nAll ${results.length} checks passed.`
    : `\n${failed.length} of ${results.length} checks failed: ${failed.join(', ')}.`,
);
// What lint said while types were broken holds for no file.
if (failed.some((name) => name.startsWith('types'))) rmSync(LINT_CACHE, { force: true });
process.exitCode = failed.length === 0 ? 0 : 1;
