/** @file `monge run probes --model --task name=file.csv …`: tasks by name, the matrix among the files, and what is the input's fault. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'monge-probes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The built command line on the tiny model. */
function probes(...args: string[]) {
  const words = ['bin/monge.mjs', 'run', 'probes', '--model', 'samples/tiny-lm', ...args];
  const { status, stdout } = spawnSync(process.execPath, [...words, '--json', '--out', folder], {
    encoding: 'utf8',
    env: { ...process.env, MONGE_HOME: join(folder, 'home') },
  });
  return { status, answer: JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown> };
}

/** Words in order against words turned round, one pair a line. */
function task(name: string, middle: string): string {
  const path = join(folder, `${name}.csv`);
  const lines = Array.from({ length: 40 }, (_, k) => {
    const words = `Anna ${middle} number ${k} by day`;
    return `${words}.,1,${k}\n${words.split(' ').reverse().join(' ')}.,0,${k}`;
  });
  writeFileSync(path, `statement,label,pair\n${lines.join('\n')}\n`);
  return path;
}

describe('monge run probes', () => {
  it('names tasks by their flags and tells every pair', () => {
    const { status, answer } = probes(
      ...['--task', `first=${task('one', 'sells')}`, '--task', `second=${task('two', 'buys the')}`],
      ...['--set', 'fewest=20,bootstrap=50,permutations=50,families=lr-l2'],
    );
    expect(status).toBe(0);
    const { dir, metrics } = answer as { dir: string; metrics: Record<string, number> };
    for (const name of ['auc.first.first', 'auc.first.second', 'auc.second.first', 'auc.second.second'])
      expect(metrics[name]).toBeGreaterThan(0.8);
    expect(Math.abs(metrics['cosine.first.second']!)).toBeLessThanOrEqual(1);
    const matrices = JSON.parse(readFileSync(join(dir, 'artifacts', 'matrices.json'), 'utf8')) as {
      tasks: string[];
    }[];
    expect(matrices[0]!.tasks).toEqual(['first', 'second']);
    expect(existsSync(join(dir, 'artifacts', 'direction.first.safetensors'))).toBe(true);
    // The recorded line repeats the run, names and all.
    const { command } = JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')) as { command: string };
    expect(command).toContain('first');
  });

  it('ends with the exit code of bad input where no task can be probed', () => {
    const { status, answer } = probes('--task', `first=${task('one', 'sells')}`);
    expect(status).toBe(2);
    expect(answer).toMatchObject({ error: { code: 'tasks-refused' } });
  });

  it('refuses a task without a name', () => {
    const { status, answer } = probes('--task', task('one', 'sells'));
    expect(status).toBe(2);
    expect(answer).toMatchObject({ error: { code: 'bad-usage' } });
  });
});
