/** @file `monge run generate --model --prompt`: the file of texts, prompts with commas and lines, and what is the input's fault. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'monge-generate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The built command line on the tiny model. */
function generate(...args: string[]) {
  const words = ['bin/monge.mjs', 'run', 'generate', '--model', 'samples/tiny-lm', ...args];
  const { status, stdout } = spawnSync(process.execPath, [...words, '--json', '--out', folder], {
    encoding: 'utf8',
    env: { ...process.env, MONGE_HOME: join(folder, 'home') },
  });
  return { status, answer: JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown> };
}

describe('monge run generate', () => {
  it('writes every prompt with its ids, its text and the probabilities', () => {
    const prompts = ['Anna, who runs,', 'The market\nin Paris'];
    const { status, answer } = generate(
      ...prompts.flatMap((prompt) => ['--prompt', prompt]),
      ...['--set', 'maxTokens=6,temperature=0'],
    );
    expect(status).toBe(0);
    const { dir, metrics } = answer as { dir: string; metrics: Record<string, number> };
    expect(metrics.texts).toBe(2);
    const made = JSON.parse(readFileSync(join(dir, 'artifacts', 'generation.json'), 'utf8')) as Record<
      string,
      unknown
    >[];
    expect(made.map(({ prompt }) => prompt)).toEqual(prompts);
    expect(Object.keys(made[0]!)).toEqual(['prompt', 'promptIds', 'ids', 'text', 'logProbabilities']);
  });

  it('ends with the exit code of bad input without a prompt', () => {
    const { status, answer } = generate();
    expect(status).toBe(2);
    expect(answer).toMatchObject({ error: { code: 'prompt-missing' } });
  });
});
