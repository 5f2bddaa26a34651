/** @file Killing a run at any moment costs at most the work since its last checkpoint, and changes no bit of the result. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stream } from '../../native-models';

const KILLS = process.env.MONGE_TEST_FULL ? 10 : 2;
const STEPS = 2500;
const monge = join(process.cwd(), 'bin', 'monge.mjs');
const folder = mkdtempSync(join(tmpdir(), 'monge-kill-'));
const data = join(folder, 'pair.csv');

const settings = [
  'coupling=sinkhorn',
  'poolSize=512',
  'epsilon=0.1',
  `steps=${STEPS}`,
  'batchSize=256',
  'hidden=48',
];
const runArguments = (out: string) => [
  ...['run', 'flows', '--data', data, '--seed', '3', '--json', '--out', out],
  ...settings.flatMap((setting) => ['--set', setting]),
];

beforeAll(() => {
  const noise = stream(1, 'kill-test').normal(new Float32Array(4000));
  const rows = Array.from({ length: 2000 }, (_, i) => {
    const side = i % 2 === 0 ? 2 : -2;
    return `${side + 0.3 * noise[2 * i]!},${0.3 * noise[2 * i + 1]!}`;
  });
  writeFileSync(data, `x,y\n${rows.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a killed run', () => {
  it(`resumes to the same bits after SIGKILL at each of ${KILLS} random moments`, async () => {
    const whole = await finish(start(runArguments(join(folder, 'whole'))));
    expect(whole.code).toBe(0);
    const reference = fingerprint(whole.dir);

    const moments = stream(7, 'kill-moments').uniform(new Float32Array(KILLS));
    let interrupted = 0;
    for (const [index, moment] of moments.entries()) {
      const out = join(folder, `killed-${index}`);
      const child = start(runArguments(out));
      const ended = finish(child);
      await reached(child, out, moment);
      child.kill('SIGKILL');
      await ended;
      // A kill before the run folder exists leaves nothing to resume: the run is simply started again.
      const run = existsSync(out)
        ? readdirSync(out).find((name) => existsSync(join(out, name, 'run.json')))
        : undefined;
      if (run !== undefined && runStatus(join(out, run)) !== 'done') interrupted++;
      const again = await finish(
        start(run === undefined ? runArguments(out) : ['resume', join(out, run), '--json']),
      );
      expect(again.code, again.stderr).toBe(0);
      expect(fingerprint(again.dir)).toEqual(reference);
    }
    // Guards the test itself: most kills must have hit a run in progress.
    expect(interrupted).toBeGreaterThanOrEqual(KILLS / 2);
  });
});

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [monge, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Finished {
  code: number | null;
  dir: string;
  stderr: string;
}

async function finish(child: ChildProcess): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const dir = last.startsWith('{') ? (JSON.parse(last) as { dir: string }).dir : '';
  return { code, dir, stderr };
}

/** Hashes of what must not depend on the interruption: final state, exported model, every curve point. */
function fingerprint(run: string): Record<string, string> {
  const files = ['checkpoint/arrays.safetensors', 'metrics.ndjson'];
  for (const name of readdirSync(join(run, 'artifacts'))) files.push(join('artifacts', name));
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(run, name)))
        .digest('hex'),
    ]),
  );
}

function runStatus(run: string): string {
  return (JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as { status: string }).status;
}

/**
 * Waits until a share of the steps is in the run's curves, so that a slow machine is killed in the middle of the same
 * work; the earliest kills come before the first step.
 */
async function reached(child: ChildProcess, out: string, moment: number): Promise<void> {
  const share = 1.1 * moment - 0.15;
  if (share <= 0) return delay(5000 * moment);
  const done = (): number => {
    const run = existsSync(out) ? readdirSync(out)[0] : undefined;
    const curves = join(out, run ?? '', 'metrics.ndjson');
    const losses = existsSync(curves) ? readFileSync(curves, 'utf8') : '';
    return Number([...losses.matchAll(/"loss","step":(\d+)/g)].at(-1)?.[1] ?? 0);
  };
  while (child.exitCode === null && done() < share * STEPS) await delay(20);
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
