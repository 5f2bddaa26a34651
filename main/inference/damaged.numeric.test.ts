/** @file A model that computes no numbers, or whose tokenizer is broken, says which file it is and what in it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MongeError, type ErrorDetail } from '../../native-models/error';
import { openLanguageModel } from './language-model';
import { defaultSampling } from './sampling';
import { languageService, type LanguageCall } from './service/service';

const folder = mkdtempSync(join(tmpdir(), 'monge-damaged-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function copied(change: (path: string) => void): string {
  const path = join(folder, String((made += 1)));
  cpSync('samples/tiny-lm', path, { recursive: true });
  change(path);
  return path;
}

const damaged = 'model.layers.2.mlp.down_proj.weight';
/** One NaN, which no glance at the file finds. */
const model = copied((path) => {
  const file = join(path, 'model.safetensors');
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, { data_offsets: number[] }>;
  bytes.writeUInt16LE(0x7e00, start + header[damaged]!.data_offsets[1]! - 2);
  writeFileSync(file, bytes);
});

async function detailOf(work: Promise<unknown>): Promise<ErrorDetail> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  if (thrown instanceof MongeError) return thrown.detail;
  throw thrown;
}
const options = { threads: 1, cacheFolder: join(folder, 'weights') };

describe('a model with a damaged weight', () => {
  const expected = {
    code: 'logits-not-finite',
    blame: 'input',
    where: { file: model, tensor: damaged },
  };

  it('names file and tensor when it is to go on with a text, or to score one', async () => {
    const opened = await openLanguageModel(model, { ...options, level: 'fp32', use: 'exact' });
    const settings = { ...defaultSampling, maxTokens: 4, stop: [] };
    expect(await detailOf(opened.generate([{ prompt: 'The market' }], settings))).toMatchObject(expected);
    expect(await detailOf(opened.score('The market in Paris'))).toMatchObject(expected);
    await opened.close();
  });

  it('names them to a view that asks for the lens', async () => {
    const answer = languageService();
    const ask: LanguageCall['ask'] = { kind: 'lens', text: 'The market', position: 1, level: 'fp32', top: 3 };
    const by = { signal: new AbortController().signal, update: () => undefined };
    expect(await detailOf(answer({ path: model, ...options, ask }, by))).toMatchObject(expected);
  });
});

it.each([
  ['tokenizer.json', '{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}', 'tokenizer-broken'],
  ['tokenizer.json', '{"model":null}', 'tokenizer-broken'],
  ['tokenizer.json', '{', 'tokenizer-broken'],
  ['tokenizer_config.json', '{', 'tokenizer-broken'],
])('a tokenizer with a fault in %s names it: %s', async (name, text, code) => {
  const path = copied((to) => writeFileSync(join(to, name), text));
  const detail = await detailOf(openLanguageModel(path, { ...options, level: 'fp32', use: 'exact' }));
  expect(detail).toMatchObject({ code, where: { file: join(path, name) } });
});
