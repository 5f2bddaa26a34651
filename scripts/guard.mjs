/**
 * @file Guards the numbers: makes seven runs and compares every metric, curve, tensor and model bit for bit.
 *
 *   node scripts/guard.mjs                  with scripts/guard/expected.json
 *   node scripts/guard.mjs --against DIR    with what another checkout makes here, on any machine
 *   node scripts/guard.mjs --renew          writes expected.json anew, for a change of numbers on purpose
 *
 * `--root DIR` runs another checkout instead of this one, `--only WORD` only the runs whose name holds it, `--keep DIR`
 * leaves the runs there. Exit code 0 when all is equal, 1 when something differs, 2 when nothing could be compared.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { differences, machineName } from './guard/record.mjs';
import { guardedRuns, perform } from './guard/runs.mjs';
import { packageFile, root } from './run.mjs';

const shownDifferences = 12;
const recordFile = join(root, 'scripts', 'guard', 'expected.json');
const { values: asked } = parseArgs({
  options: {
    root: { type: 'string', default: root },
    against: { type: 'string' },
    renew: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    keep: { type: 'string' },
  },
});
const chosen = guardedRuns.filter(({ name }) => name.includes(asked.only));
const machine = machineName();
const record = JSON.parse(readFileSync(recordFile, 'utf8'));

/** All chosen runs, two at a time: by name, the fingerprint. */
async function measure(checkout, folder) {
  const waiting = [...chosen];
  const found = {};
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const started = performance.now();
      const place = join(folder, next.name.replaceAll(' ', '-'));
      Object.assign(found, await perform(next, { root: resolve(checkout), folder: place }));
      console.log(`made    ${next.name} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    }
  };
  await Promise.all([lane(), lane()]);
  return found;
}

/** Prints a line per run and the values that differ; the number of runs with any. */
function compare(expected, actual) {
  let unequal = 0;
  for (const name of Object.keys({ ...expected, ...actual }).sort()) {
    const lines = differences(expected[name] ?? {}, actual[name] ?? {});
    console.log(`${lines.length === 0 ? 'equal  ' : 'DIFFERS'} ${name}`);
    for (const line of lines.slice(0, shownDifferences)) console.log(`          ${line}`);
    const more = lines.length - shownDifferences;
    if (more > 0) console.log(`          and ${more} more`);
    if (lines.length > 0) unequal++;
  }
  return unequal;
}

function renew(runs) {
  const about = { processor: cpus()[0]?.model.trim() ?? 'unknown', ...versions() };
  const kept = asked.only ? (record[machine]?.runs ?? {}) : {};
  const sorted = Object.entries({ ...kept, ...runs }).sort(([a], [b]) => (a < b ? -1 : 1));
  record[machine] = { about, runs: Object.fromEntries(sorted) };
  writeFileSync(recordFile, `${JSON.stringify(record, null, 2)}\n`);
  console.log(`\nWritten for ${machine}. Say in the commit why the numbers changed.`);
  return 0;
}

function versions() {
  const { version } = JSON.parse(readFileSync(packageFile('onnxruntime-node', 'package.json'), 'utf8'));
  return { node: process.versions.node, onnxruntime: version };
}

function verdict(unequal, total) {
  console.log(unequal === 0 ? `\nAll ${total} runs are equal.` : `\n${unequal} of ${total} runs differ.`);
  return unequal === 0 ? 0 : 1;
}

async function guard(folder) {
  if (asked.against) {
    const before = await measure(asked.against, join(folder, 'before'));
    const after = await measure(asked.root, join(folder, 'after'));
    return verdict(compare(before, after), Object.keys(after).length);
  }
  if (!asked.renew && !record[machine]) {
    console.log(
      `No record was made on a processor like this one (${machine}), and others round otherwise:\n` +
        'nothing was compared. --against DIR compares with an older checkout instead.',
    );
    return 2;
  }
  const runs = await measure(asked.root, folder);
  if (asked.renew) return renew(runs);
  const expected = Object.entries(record[machine].runs).filter(([name]) => !asked.only || name in runs);
  const unequal = compare(Object.fromEntries(expected), runs);
  const { about } = record[machine];
  for (const [name, version] of Object.entries(versions()))
    if (unequal > 0 && version !== about[name])
      console.log(`The record was made with ${name} ${about[name]}.`);
  return verdict(unequal, Object.keys(runs).length);
}

const folder = asked.keep ? resolve(asked.keep) : mkdtempSync(join(tmpdir(), 'monge-guard-'));
try {
  process.exitCode = await guard(folder);
} finally {
  if (!asked.keep) rmSync(folder, { recursive: true, force: true });
}
