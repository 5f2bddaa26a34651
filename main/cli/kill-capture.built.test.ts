/** @file A capture whose process is killed, or the process in which its model is open, goes on to the same files. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'monge-kill-capture-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Texts one by one, so that there is time to be killed in. */
const settings = 'hooks=resid_post:*,pool=mean,batch=1,certify=false,format=both';
const rowsAtLeast = 200;
const texts = join(folder, 'texts.jsonl');
const sentences = readFileSync(join('samples', 'sentences.jsonl'), 'utf8').split('\n');
writeFileSync(texts, `${sentences.slice(0, 800).join('\n')}\n`);

const start = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [join('bin', 'monge.mjs'), ...args, '--json'], {
    env: { ...process.env, MONGE_HOME: join(folder, 'home') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const capture = (out: string) =>
  start([
    ...['run', 'capture', '--model', join('samples', 'tiny-lm'), '--data', texts],
    ...['--set', settings, '--out', out],
  ]);

interface Ended {
  code: number | null;
  answer: { dir?: string; error?: { code: string } };
  stderr: string;
}

async function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (piece: Buffer) => (stdout += piece.toString()));
  child.stderr?.on('data', (piece: Buffer) => (stderr += piece.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return { code, answer: last.startsWith('{') ? (JSON.parse(last) as Ended['answer']) : {}, stderr };
}

/** The run's folder once its checkpoint holds so many rows. */
async function reached(child: ChildProcess, out: string, rows: number): Promise<string> {
  while (child.exitCode === null) {
    const run = existsSync(out) ? readdirSync(out)[0] : undefined;
    const state = join(out, run ?? '', 'checkpoint', 'state.json');
    // A file that is being replaced is read again.
    const step = /"step":\s*(\d+)/.exec(existsSync(state) ? readFileSync(state, 'utf8') : '');
    if (run !== undefined && Number(step?.[1] ?? 0) >= rows) return join(out, run);
    await sleep(10);
  }
  throw new Error('the capture was done before it could be killed');
}

const statusOf = (run: string) =>
  (JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as { status: string }).status;

/** What must not depend on what happened: every file, byte by byte. */
function fingerprint(run: string): Record<string, string> {
  const files = readdirSync(join(run, 'artifacts')).sort();
  const hashes = files.map((name) => {
    const bytes = readFileSync(join(run, 'artifacts', name));
    return [name, createHash('sha256').update(bytes).digest('hex')];
  });
  return Object.fromEntries(hashes) as Record<string, string>;
}

/** The processes of a command in which models are open. */
function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, own, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === pid && args!.includes('foreign') ? [Number(own)] : [];
  });
}

describe.skipIf(process.platform === 'win32')('a capture', { timeout: 120_000 }, () => {
  let whole: Record<string, string>;
  beforeAll(async () => {
    const { code, answer, stderr } = await ended(capture(join(folder, 'whole')));
    expect(code, stderr).toBe(0);
    whole = fingerprint(answer.dir!);
    expect(Object.keys(whole)).toContain('resid_post-3.safetensors');
  }, 120_000);

  it.each([1, rowsAtLeast])('that is killed after %i rows goes on to the same files', async (rows) => {
    const out = join(folder, `killed-${rows}`);
    const child = capture(out);
    const end = ended(child);
    const run = await reached(child, out, rows);
    const processes = childrenOf(child.pid!);
    child.kill('SIGKILL');
    expect((await end).code).toBeNull();
    expect(statusOf(run)).toBe('running');
    // What was opened for it ends with it.
    expect(processes.length).toBeGreaterThan(0);
    await expect.poll(() => processes.filter(isAlive), { timeout: 10_000 }).toEqual([]);
    const again = await ended(start(['resume', run]));
    expect(again.code, again.stderr).toBe(0);
    expect(fingerprint(again.answer.dir!)).toEqual(whole);
  });

  it('whose model loses its process says so, and goes on to the same files', async () => {
    const out = join(folder, 'child');
    const child = capture(out);
    const end = ended(child);
    const run = await reached(child, out, rowsAtLeast);
    for (const process_ of childrenOf(child.pid!)) process.kill(process_, 'SIGKILL');
    const { code, answer } = await end;
    expect(answer.error?.code).toBe('foreign-ended');
    expect(code).not.toBe(0);
    expect(statusOf(run)).toBe('failed');
    const again = await ended(start(['resume', run]));
    expect(again.code, again.stderr).toBe(0);
    expect(fingerprint(again.answer.dir!)).toEqual(whole);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // The dead that nobody has asked for yet still have a number.
    return !/^\s*Z/.test(execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }));
  } catch {
    return false;
  }
}
