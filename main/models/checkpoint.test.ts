/** @file Checkpoints open as one thing whatever their files; what is damaged, missing or outside is a coded error. */
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSafetensors, type StoredArray } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { openCheckpoint, tokenizerOf } from './checkpoint';
import { realModel } from './testing/real-models';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-checkpoint-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const arrays: Record<string, StoredArray> = {
  'model.embed_tokens.weight': { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2], dtype: 'bfloat16' },
  'model.norm.weight': { data: Float32Array.of(0.5, -2), shape: [2] },
  positions: { data: BigInt64Array.of(0n, 1n), shape: [2] },
};
const config = { model_type: 'llama', hidden_size: 2 };
const gguf = new URL('../../native-models/zoo/language/testing/gguf/', import.meta.url);

/** A folder of its own with a model; a text of null is left out. */
function made(name: string, texts: Record<string, string | null> = {}): string {
  const inside = join(folder, name);
  mkdirSync(inside);
  writeFileSync(join(inside, 'model.safetensors'), encodeSafetensors(arrays));
  const all = { 'config.json': JSON.stringify(config), 'tokenizer.json': '{"model":{}}', ...texts };
  for (const [file, text] of Object.entries(all)) if (text !== null) writeFileSync(join(inside, file), text);
  return inside;
}

async function codeOf(path: string): Promise<string> {
  return openCheckpoint(path).then(
    () => 'opened',
    (thrown: unknown) => {
      if (thrown instanceof MongeError) return thrown.code;
      throw thrown;
    },
  );
}

describe('a folder of Hugging Face', () => {
  it('gives weights by name, configuration, tokenizer and licence', async () => {
    const path = made('whole', {
      'tokenizer_config.json': '{}',
      'chat_template.jinja': '{{ x }}',
      LICENSE: 'Do as you like',
    });
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint).toMatchObject({ format: 'safetensors', path, config, licence: 'Do as you like' });
    expect(checkpoint.files.map((file) => basename(file))).toEqual([
      'model.safetensors',
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'chat_template.jinja',
    ]);
    expect(tokenizerOf(checkpoint)).toEqual({
      kind: 'json',
      tokenizer: '{"model":{}}',
      config: '{}',
      chatTemplate: '{{ x }}',
    });
    expect(checkpoint.names.toSorted()).toEqual(['model.embed_tokens.weight', 'model.norm.weight']);
    expect(checkpoint.type('model.embed_tokens.weight')).toBe('BF16');
    expect(checkpoint.shape('model.embed_tokens.weight')).toEqual([2, 2]);
    expect(await checkpoint.bytes('model.embed_tokens.weight')).toHaveLength(8);
    expect([...(await checkpoint.float32('model.embed_tokens.weight'))]).toEqual([1, 2, 3, 4]);
    await expect(checkpoint.float32('positions')).rejects.toMatchObject({ code: 'safetensors-dtype' });
    await expect(checkpoint.float32('other')).rejects.toMatchObject({ code: 'tensor-unknown' });
    expect(await checkpoint.sha256()).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is another model with another template of chats', async () => {
    const hash = async (template: string) => {
      const path = made(`template-${template}`, { 'chat_template.jinja': template });
      return (await openCheckpoint(path)).sha256();
    };
    expect(await hash('a')).not.toBe(await hash('b'));
  });

  it('may be in shards, and its file may be opened instead', async () => {
    const path = made('sharded');
    const { positions, ...weights } = arrays;
    writeFileSync(join(path, 'a.safetensors'), encodeSafetensors(weights));
    writeFileSync(join(path, 'b.safetensors'), encodeSafetensors({ positions: positions! }));
    const map = Object.fromEntries(
      Object.keys(arrays).map((name) => [name, name === 'positions' ? 'b.safetensors' : 'a.safetensors']),
    );
    writeFileSync(join(path, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint.files).toHaveLength(4);
    expect([...(await checkpoint.float32('model.norm.weight'))]).toEqual([0.5, -2]);
    const alone = await openCheckpoint(join(path, 'a.safetensors'));
    expect(alone.names.toSorted()).toEqual(checkpoint.names.toSorted());
  });

  it('is read in a download cache, whose files are links to blobs', async () => {
    const blobs = join(folder, 'cache/blobs');
    const revision = join(folder, 'cache/snapshots/0123');
    mkdirSync(revision, { recursive: true });
    cpSync(made('origin'), blobs, { recursive: true });
    for (const name of ['model.safetensors', 'config.json', 'tokenizer.json']) {
      cpSync(join(blobs, name), join(blobs, `hash-of-${name}`));
      symlinkSync(`../../blobs/hash-of-${name}`, join(revision, name));
      rmSync(join(blobs, name));
    }
    const checkpoint = await openCheckpoint(revision);
    expect(checkpoint.config).toEqual(config);
    expect(checkpoint.tokenizer?.kind).toBe('json');
  });

  it.each([
    ['no configuration', { 'config.json': null }, 'config-missing'],
    ['a configuration that is no JSON', { 'config.json': '{"hidden_size": 2' }, 'config-not-json'],
    ['a configuration that is a list', { 'config.json': '[1]' }, 'config-not-json'],
    ['an absurdly long configuration', { 'config.json': `"${'x'.repeat(2 ** 23)}"` }, 'file-too-large'],
    ['an index of shards that is no JSON', { 'model.safetensors.index.json': '{' }, 'safetensors-shards'],
    [
      'an index that leads out of the folder',
      { 'model.safetensors.index.json': '{"weight_map":{"a":"../whole/model.safetensors"}}' },
      'referenced-file-outside',
    ],
  ])('with %s is refused', async (name, texts, code) => {
    expect(await codeOf(made(name.replaceAll(' ', '-'), texts))).toBe(code);
  });

  it('without a tokenizer opens, and says so when one is asked for', async () => {
    const checkpoint = await openCheckpoint(made('wordless', { 'tokenizer.json': null }));
    expect(checkpoint.tokenizer).toBeNull();
    expect(() => tokenizerOf(checkpoint)).toThrow(expect.objectContaining({ code: 'tokenizer-missing' }));
  });

  it.each(['config.json', 'tokenizer.json', 'model.safetensors', 'model.safetensors.index.json', 'LICENSE'])(
    'whose %s is a link that leads out of it is refused',
    async (name) => {
      const path = made(`link-${name}`, { [name]: null });
      const outside = join(folder, `outside-${name}`);
      writeFileSync(outside, name === 'model.safetensors' ? encodeSafetensors(arrays) : '{"weight_map":{}}');
      rmSync(join(path, name), { force: true });
      symlinkSync(outside, join(path, name));
      expect(await codeOf(path)).toBe('referenced-file-outside');
    },
  );

  it('of whatever damage is a coded error, soon', async () => {
    const path = made('damaged');
    const file = join(path, 'model.safetensors');
    const whole = readFileSync(file);
    const change = fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 5 }),
        fc.option(fc.nat(whole.length)),
        async (changes, cut) => {
          const bytes = Uint8Array.from(whole.subarray(0, cut ?? whole.length));
          for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
          writeFileSync(file, bytes);
          const started = performance.now();
          expect(await codeOf(path)).toMatch(/^(opened$|safetensors-)/);
          expect(performance.now() - started).toBeLessThan(2000);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('a GGUF file', () => {
  it('is the same thing, whatever it is called', async () => {
    const path = join(folder, 'llama.bin');
    cpSync(new URL('llama.gguf', gguf), path);
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint).toMatchObject({ format: 'gguf', path, files: [path], licence: 'apache-2.0' });
    expect(checkpoint.config).toMatchObject({
      model_type: 'llama',
      hidden_size: 32,
      tie_word_embeddings: true,
    });
    expect(checkpoint.has('model.layers.1.self_attn.q_proj.weight')).toBe(true);
    expect(tokenizerOf(checkpoint).kind).toBe('gguf');
    const own = createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(await checkpoint.sha256()).toBe(own);
  });

  it('is found in a folder that has just one', async () => {
    const path = join(folder, 'only-gguf');
    mkdirSync(path);
    expect(await codeOf(path)).toBe('checkpoint-format');
    cpSync(new URL('gpt2.gguf', gguf), join(path, 'gpt2.gguf'));
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint.config.model_type).toBe('gpt2');
    expect(() => tokenizerOf(checkpoint)).toThrow(expect.objectContaining({ code: 'tokenizer-missing' }));
    cpSync(new URL('qwen2.gguf', gguf), join(path, 'qwen2.gguf'));
    expect(await codeOf(path)).toBe('checkpoint-format');
  });

  it('that was cut short, or is none, is refused; so is one that shrinks while it is open', async () => {
    const path = join(folder, 'cut.gguf');
    cpSync(new URL('qwen3.gguf', gguf), path);
    const checkpoint = await openCheckpoint(path);
    truncateSync(path, 20_000);
    await expect(checkpoint.bytes(checkpoint.names.at(-1)!)).rejects.toMatchObject({
      code: 'referenced-file-short',
    });
    expect(await codeOf(path)).toBe('gguf-offset');
    truncateSync(path, 300);
    expect(await codeOf(path)).toMatch(/^gguf-/);
    writeFileSync(path, 'no model');
    expect(await codeOf(path)).toBe('gguf-magic');
  });
});

it.each([
  ['nowhere.gguf', 'file-not-found'],
  ['nothing', 'file-not-found'],
  ['nul\0byte', 'file-unreadable'],
])('%j is refused', async (name, code) => {
  expect(await codeOf(join(folder, name))).toBe(code);
});

it('what is no model is refused', async () => {
  const path = join(folder, 'table.csv');
  writeFileSync(path, 'a,b\n1,2\n');
  expect(await codeOf(path)).toBe('checkpoint-format');
  expect(await codeOf('/dev/null')).toBe('file-unreadable');
});

const smollm2 = realModel('smollm2');
describe.skipIf(smollm2 === null)('SmolLM2-135M-Instruct as Q4_1', () => {
  it('opens at once, with the types and the configuration that its authors published', async () => {
    const started = performance.now();
    const checkpoint = await openCheckpoint(smollm2!);
    expect(performance.now() - started).toBeLessThan(2000);
    const types = new Map<string, number>();
    for (const name of checkpoint.names) {
      const type = checkpoint.type(name);
      types.set(type, (types.get(type) ?? 0) + 1);
    }
    expect(Object.fromEntries(types)).toEqual({ Q4_1: 210, F32: 61, Q8_0: 1 });
    expect(checkpoint.type('model.embed_tokens.weight')).toBe('Q8_0');
    expect(checkpoint.config).toMatchObject({
      model_type: 'llama',
      vocab_size: 49152,
      hidden_size: 576,
      num_hidden_layers: 30,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      intermediate_size: 1536,
      max_position_embeddings: 8192,
      rope_theta: 100000,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: true,
      bos_token_id: 1,
      eos_token_id: 2,
    });
    const parameters = checkpoint.names.map((name) =>
      checkpoint.shape(name).reduce((n, size) => n * size, 1),
    );
    expect(parameters.reduce((sum, n) => sum + n, 0)).toBe(134_515_008);
  });
});

const minilm = realModel('minilm');
describe.skipIf(minilm === null)('all-MiniLM-L6-v2', () => {
  it('opens, without its buffer of positions', async () => {
    const checkpoint = await openCheckpoint(minilm!);
    expect(checkpoint.config).toMatchObject({ model_type: 'bert', hidden_size: 384 });
    expect(checkpoint.shape('embeddings.word_embeddings.weight')).toEqual([30522, 384]);
    expect(checkpoint.tokenizer?.kind).toBe('json');
  });
});
