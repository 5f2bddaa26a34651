/** @file `monge run tiny-lm --text`: a text file becomes a Hugging Face folder; a text that is too short is the input's fault. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { safetensorsIndex } from '../../native-models';

const folder = mkdtempSync(join(tmpdir(), 'monge-tiny-lm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings =
  'tokenizer=bytes,layers=1,width=16,heads=2,kvHeads=1,hidden=32,context=16,steps=20,batchSize=4,looks=2,samples=1,sampleLength=4';

/** The built command line on a text. */
function train(text: string) {
  const path = join(folder, 'text.txt');
  writeFileSync(path, text);
  const args = ['bin/monge.mjs', 'run', 'tiny-lm', '--text', path, '--set', settings];
  const { status, stdout } = spawnSync(process.execPath, [...args, '--json', '--out', folder], {
    encoding: 'utf8',
  });
  return { status, answer: JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown> };
}

describe('monge run tiny-lm', () => {
  it('trains on lines of text and writes the files of a checkpoint', () => {
    const { status, answer } = train('the quick brown fox jumps over the lazy dog\n'.repeat(40));
    expect(status).toBe(0);
    const { dir, metrics } = answer as { dir: string; metrics: Record<string, number> };
    expect(metrics).toMatchObject({ 'text.vocabulary': 257, 'text.bytesPerToken': 1 });
    expect(metrics.bitsPerByte).toBeGreaterThan(0);
    const file = (name: string) => readFileSync(join(dir, 'artifacts', name));
    expect(JSON.parse(file('config.json').toString())).toMatchObject({
      architectures: ['LlamaForCausalLM'],
      vocab_size: 257,
    });
    const weights = new Uint8Array(file('model.safetensors'));
    const names = safetensorsIndex(weights, weights.length).tensors.map(({ name }) => name);
    expect(names).toContain('model.layers.0.self_attn.q_proj.weight');
    expect(Object.keys(JSON.parse(file('tokenizer.json').toString()) as object)).toContain('model');
    expect(file('samples.txt').toString()).toContain('--- step 20');
  });

  it('ends with the exit code of bad input where the text is too short', () => {
    const { status, answer } = train('short\n');
    expect(status).toBe(2);
    expect(answer).toMatchObject({ error: { code: 'too-few-tokens' } });
  });
});
