/** @file `monge run capture --model --data`: one file per hook and what its rows are; a model without words is the input's fault. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeNpy } from '../../native-models';
import { ExportFolders } from '../inference/imported/testing';

const folder = mkdtempSync(join(tmpdir(), 'monge-capture-'));
const folders = new ExportFolders();
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await folders.close();
});

/** The built command line on a model and some texts. */
function capture(model: string) {
  const path = join(folder, 'texts.jsonl');
  const texts = ['The market in Paris sells bread.', 'Anna runs.', 'A river is wide.'];
  writeFileSync(path, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const args = ['bin/monge.mjs', 'run', 'capture', '--model', model, '--data', path];
  const { status, stdout } = spawnSync(
    process.execPath,
    [...args, '--set', 'hooks=resid_post:*,pool=mean', '--json', '--out', folder],
    { encoding: 'utf8', env: { ...process.env, MONGE_HOME: join(folder, 'home') } },
  );
  return { status, answer: JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown> };
}

describe('monge run capture', () => {
  it('writes a matrix per hook', () => {
    const { status, answer } = capture('samples/tiny-lm');
    expect(status).toBe(0);
    const { dir, metrics } = answer as { dir: string; metrics: Record<string, number> };
    expect(metrics).toMatchObject({ 'captured.hooks': 4, 'captured.rows': 3 });
    const file = (name: string) => readFileSync(join(dir, 'artifacts', name));
    const { shape, data } = decodeNpy(new Uint8Array(file('resid_post-3.npy')));
    expect(shape).toEqual([3, data.length / 3]);
    expect([...data].every((value) => Number.isFinite(Number(value)))).toBe(true);
    expect(file('rows.jsonl').toString().trim().split('\n')).toHaveLength(3);
  });

  it('writes those of an exported graph, whose folder it is given', async () => {
    const { status, answer } = capture(await folders.of('decoders/llama.script'));
    expect(status).toBe(0);
    const { dir, metrics } = answer as { dir: string; metrics: Record<string, number> };
    expect(metrics).toMatchObject({ 'captured.hooks': 2, 'captured.rows': 3 });
    const { shape } = decodeNpy(new Uint8Array(readFileSync(join(dir, 'artifacts', 'resid_post-1.npy'))));
    expect(shape).toEqual([3, 32]);
  });

  it('ends with the exit code of bad input for a model that is no language model', () => {
    const { status, answer } = capture('samples/velocity-mlp.onnx');
    expect(status).toBe(2);
    expect(answer).toMatchObject({ error: { code: 'model-not-language' } });
  });
});
