/** @file `monge run generate --model --prompt`: the file of texts, prompts with commas and lines, and what is the input's fault. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ExportFolders } from '../inference/imported/testing';

const folder = mkdtempSync(join(tmpdir(), 'monge-generate-'));
const folders = new ExportFolders();
/** What the same weights said in other graphs. */
const same: number[][] = [];
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await folders.close();
});

/** The built command line on a model, unless told the tiny one. */
function generate(...args: string[]) {
  const model = args.includes('--model') ? [] : ['--model', 'samples/tiny-lm'];
  const words = ['bin/monge.mjs', 'run', 'generate', ...model, ...args];
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

  it('goes on with an exported graph, by its own caches or by reading again', async () => {
    const settings = ['--prompt', 'the ', '--set', 'maxTokens=4,temperature=0,stopAtEnd=false'];
    for (const name of ['decoders/llama.script', 'roles/llama.script']) {
      const { status, answer } = generate('--model', await folders.of(name), ...settings);
      expect(status).toBe(0);
      const { dir } = answer as { dir: string };
      const made = JSON.parse(readFileSync(join(dir, 'artifacts', 'generation.json'), 'utf8')) as {
        ids: number[];
      }[];
      expect(made[0]!.ids).toHaveLength(4);
      same.push(made[0]!.ids);
    }
    expect(same[0]).toEqual(same[1]);
  });

  it('ends with the exit code of bad input without a prompt', () => {
    const { status, answer } = generate();
    expect(status).toBe(2);
    expect(answer).toMatchObject({ error: { code: 'prompt-missing' } });
  });
});
