/** @file `monge sweep` as a process: a study of 60 trials is killed on the way and goes on, and no finished trial is lost or run again. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const monge = join(process.cwd(), 'bin', 'monge.mjs');
const folder = mkdtempSync(join(tmpdir(), 'monge-sweep-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const definition = {
  name: 'Sixty',
  method: 'transfer',
  data: { text: join(process.cwd(), 'samples', 'sentences.jsonl') },
  settings: {
    width: 16,
    baseWidth: 16,
    depth: 1,
    baseDepth: 1,
    context: 8,
    batch: 64,
    baseBatch: 64,
    duration: 1024,
    baseDuration: 1024,
    looks: 2,
  },
  space: {
    learningRate: { type: 'float', low: 1e-4, high: 4, log: true },
    weightDecay: { type: 'float', low: 0, high: 1 },
  },
  sampler: 'sobol',
  trials: 60,
  objective: { metric: 'validation.loss', direction: 'minimize' },
  seed: 5,
};

function sweep(args: readonly string[], killWhen: (stderr: string) => boolean = () => false) {
  return new Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>(
    (resolve) => {
      const child = spawn(process.execPath, [monge, 'sweep', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      let [stdout, stderr, killed] = ['', '', false];
      child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
      child.stderr.on('data', (bytes: Buffer) => {
        stderr += bytes.toString();
        if (killed || !killWhen(stderr)) return;
        killed = true;
        child.kill('SIGKILL');
      });
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    },
  );
}

interface Line {
  op: string;
  trial?: number;
  state?: string;
  point?: unknown;
  values?: number[];
}
const journal = (out: string): Line[] => {
  const [id] = readdirSync(join(out, 'studies'));
  const text = readFileSync(join(out, 'studies', id!, 'journal.jsonl'), 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n'))
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
};

describe('monge sweep', { timeout: 400_000 }, () => {
  it('killed in the middle of 60 trials goes on where it was', async () => {
    const file = join(folder, 'study.json');
    writeFileSync(file, JSON.stringify(definition));
    const out = join(folder, 'killed');
    const first = await sweep([file, '--out', out], (stderr) => /^2\d \/ 60/m.test(stderr));
    expect(first.signal, first.stderr).toBe('SIGKILL');
    const before = journal(out).filter(({ op }) => op === 'ended');
    expect(before.length).toBeGreaterThanOrEqual(20);
    expect(before.length).toBeLessThan(60);

    const second = await sweep([file, '--resume', '--out', out, '--json']);
    expect(second.code, second.stderr).toBe(0);
    expect(second.stderr).toMatch(/Monge ended while this study ran/);
    const result = JSON.parse(second.stdout.trim().split('\n').at(-1)!) as {
      trials: number;
      best: { value: number };
      states: Record<string, number>;
    };
    expect(result.trials).toBe(60);
    expect(Object.values(result.states).reduce((sum, count) => sum + count, 0)).toBe(60);
    const all = journal(out);
    const ended = all.filter(({ op }) => op === 'ended');
    // Every trial ended once: what had ended before the kill stands as it was, and nothing was run twice.
    expect(ended.map(({ trial }) => trial).sort((a, b) => a! - b!)).toEqual([...new Array(60).keys()]);
    expect(ended.slice(0, before.length)).toEqual(before);
    expect(result.best.value).toBe(
      Math.min(...ended.flatMap(({ state, values }) => (state === 'complete' ? values! : []))),
    );
  });

  it('says what is wrong with a study file, and makes nothing of it', async () => {
    const file = join(folder, 'bad.json');
    for (const [text, words] of [
      ['{', /study-unreadable/],
      ['[]', /study-unreadable/],
      ['{"method":"nothing"}', /method-unknown/],
      [
        JSON.stringify({ ...definition, space: { learningRate: { type: 'float', low: 1, high: 0 } } }),
        /space-invalid.*learningRate/s,
      ],
      [JSON.stringify({ ...definition, trials: 'many' }), /study-invalid.*trials/s],
      [JSON.stringify({ ...definition, data: { text: 'missing.txt' } }), /file-not-found|missing\.txt/],
    ] as const) {
      writeFileSync(file, text);
      const { code, stderr } = await sweep([file, '--out', join(folder, 'bad')]);
      expect(stderr).toMatch(words);
      expect(code).toBe(2);
    }
    const listed = await sweep(['--list', '--out', join(folder, 'bad')]);
    expect(listed.stderr).toMatch(/no studies/);
  });
});
