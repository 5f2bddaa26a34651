/** @file Damaged and hostile model files, one kind a row: each is told by its code, with the file named, at once. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MongeError } from '../../native-models/error';
import type { ModelInfo } from '../contract/models';
import { OpenModels } from './open-models';
import { modelBytes, node, value, weight } from './testing';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-corrupt-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sample = fileURLToPath(new URL('../../samples/tiny-lm', import.meta.url));
const gguf = readFileSync(
  new URL('../../native-models/zoo/language/testing/gguf/llama.gguf', import.meta.url),
);
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234\n';
const huge = 2n ** 60n;

/** The code that looking at a model ends with, or that keeps it from being run; null for a sound one. */
async function codeOf(path: string): Promise<string | null> {
  try {
    const info = (await new OpenModels().answer(path, null, { kind: 'info' }, null)) as ModelInfo;
    return info.checkpoint?.problem?.code ?? null;
  } catch (thrown) {
    if (!(thrown instanceof MongeError)) throw thrown;
    expect(thrown.detail.where?.file).toBeTruthy();
    return thrown.code;
  }
}

/** The code, and that it did not take long. */
async function soonCodeOf(path: string): Promise<string | null> {
  const started = performance.now();
  const code = await codeOf(path);
  expect(performance.now() - started).toBeLessThan(5000);
  return code;
}

let made = 0;
function written(name: string, content: Uint8Array | string): string {
  const path = join(folder, `${(made += 1)}-${name}`);
  writeFileSync(path, content);
  return path;
}

describe('a GGUF file', () => {
  /** The file with a little-endian number of `bytes` at `at` after the text `after`. */
  const changed = (after: string, at: number, number: bigint, bytes: 4 | 8 = 8) => {
    const copy = Buffer.from(gguf);
    const place = (after === '' ? 0 : copy.indexOf(after) + Buffer.byteLength(after)) + at;
    if (bytes === 8) copy.writeBigUInt64LE(number, place);
    else copy.writeUInt32LE(Number(number), place);
    return copy;
  };
  // A tensor's record: name, number of sizes (4), sizes (8 each), type (4), offset (8).
  const matrix = 'blk.0.attn_k.weight';
  it.each<[string, Uint8Array | string, string | null]>([
    ['that is sound', gguf, null],
    ['of no bytes', '', 'gguf-magic'],
    ['of zeros', new Uint8Array(1000), 'gguf-magic'],
    ['of another magic', changed('', 0, 0x58585858n, 4), 'gguf-magic'],
    ['that is a pointer of Git LFS', pointer, 'file-is-pointer'],
    ['of a version to come', changed('', 4, 99n, 4), 'gguf-version'],
    ['of its first bytes alone', gguf.subarray(0, 6), 'gguf-truncated'],
    ['cut in its tensors', gguf.subarray(0, gguf.length - 5000), 'gguf-offset'],
    ['of 2^60 tensors', changed('', 8, huge), 'gguf-count'],
    ['of 2^60 entries', changed('', 16, huge), 'gguf-count'],
    ['with a key of 2^60 bytes', changed('', 24, huge), 'gguf-length'],
    ['of 2^60 words', changed('tokenizer.ggml.tokens', 8, huge), 'gguf-count'],
    ['with a word of 2^60 bytes', changed('tokenizer.ggml.tokens', 16, huge), 'gguf-length'],
    ['with a tensor of 2^32 sizes', changed(matrix, 0, 0xffffffffn, 4), 'gguf-shape'],
    ['with a tensor of 2^60 numbers in a row', changed(matrix, 4, huge), 'gguf-shape'],
    ['with a tensor of an unknown type', changed(matrix, 20, 77n, 4), 'gguf-tensor-type'],
    ['with a tensor beyond its end', changed(matrix, 24, huge), 'gguf-offset'],
    ['with a tensor off the alignment', changed(matrix, 24, 7n), 'gguf-offset'],
    ['with a tensor on another', changed(matrix, 24, 0n), 'gguf-offset'],
    ['10^9 wide', changed('llama.embedding_length', 4, 10n ** 9n, 4), 'model-config'],
    ['of 10^6 layers', changed('llama.block_count', 4, 10n ** 6n, 4), 'model-config'],
    ['without heads', changed('llama.attention.head_count', 4, 0n, 4), 'gguf-metadata'],
  ])('%s', async (_kind, content, code) => {
    expect(await soonCodeOf(written('model.gguf', content))).toBe(code);
  });
});

/** A copy of the tiny language model, changed. */
function copied(change: (path: string) => void): string {
  const path = join(folder, `${(made += 1)}-folder`);
  cpSync(sample, path, { recursive: true });
  change(path);
  return path;
}

type Header = Record<string, { dtype?: string; shape?: unknown; data_offsets?: unknown }>;

describe('a folder', () => {
  const put = (name: string, content: Uint8Array | string) =>
    copied((path) => writeFileSync(join(path, name), content));
  const whole = readFileSync(join(sample, 'model.safetensors'));
  const length = Number(whole.readBigUInt64LE(0));
  /** A header with its length before it. */
  const withSize = (text: string) => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
    return Buffer.concat([size, Buffer.from(text)]);
  };
  const weights = (change: (header: Header) => void) => {
    const header = JSON.parse(whole.toString('utf8', 8, 8 + length)) as Header;
    change(header);
    const values = whole.subarray(8 + length);
    return put('model.safetensors', Buffer.concat([withSize(JSON.stringify(header)), values]));
  };
  const matrix = 'model.layers.1.mlp.up_proj.weight';
  const headerOf = (bytes: bigint) => {
    const copy = Buffer.from(whole);
    copy.writeBigUInt64LE(bytes);
    return put('model.safetensors', copy);
  };
  const config = (change: object) =>
    copied((path) => {
      const file = join(path, 'config.json');
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
    });
  const shards = (location: unknown) =>
    put('model.safetensors.index.json', JSON.stringify({ weight_map: { [matrix]: location } }));
  const linked = (name: string) =>
    copied((path) => {
      rmSync(join(path, name));
      symlinkSync(join(sample, name), join(path, name));
    });
  const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;

  it.each<[string, () => string, string | null]>([
    ['that is sound', () => copied(() => undefined), null],
    ['with weights of no bytes', () => put('model.safetensors', ''), 'safetensors-truncated'],
    ['with a pointer of Git LFS', () => put('model.safetensors', pointer), 'file-is-pointer'],
    [
      'with weights cut short',
      () => put('model.safetensors', whole.subarray(0, 90_000)),
      'safetensors-offsets',
    ],
    ['with a header of 2^60 bytes', () => headerOf(huge), 'safetensors-header'],
    ['with a header of 4 GiB', () => headerOf(2n ** 32n), 'safetensors-header'],
    ['with a header that is no JSON', () => headerOf(20n), 'safetensors-header'],
    ['with a header nested deep', () => put('model.safetensors', withSize(deep)), 'safetensors-header'],
    [
      'with a tensor on another',
      () =>
        weights(
          (header) =>
            (header[matrix]!.data_offsets = header['model.layers.2.mlp.up_proj.weight']!.data_offsets),
        ),
      'safetensors-offsets',
    ],
    [
      'with a tensor beyond the end',
      () => weights((header) => (header[matrix]!.data_offsets = [0, 1e12])),
      'safetensors-offsets',
    ],
    [
      'with a tensor before the start',
      () => weights((header) => (header[matrix]!.data_offsets = [-10, 22_518])),
      'safetensors-offsets',
    ],
    [
      'with a tensor of 10^18 numbers',
      () => weights((header) => (header[matrix]!.shape = [1e9, 1e9])),
      'safetensors-shape',
    ],
    [
      'with a tensor of other sizes',
      () => weights((header) => (header[matrix]!.shape = [176, 63])),
      'safetensors-shape',
    ],
    [
      'with a tensor of an unknown type',
      () => weights((header) => (header[matrix]!.dtype = 'F99')),
      'safetensors-dtype',
    ],
    ['without one tensor', () => weights((header) => delete header[matrix]), 'safetensors-offsets'],
    ['10^9 wide', () => config({ hidden_size: 1e9 }), 'model-config'],
    ['of 10^6 layers', () => config({ num_hidden_layers: 1e6 }), 'model-config'],
    ['of no words', () => config({ vocab_size: 0 }), 'model-config'],
    ['of heads that do not share evenly', () => config({ num_key_value_heads: 3 }), 'model-config'],
    ['of an unknown family', () => config({ model_type: '../../etc' }), 'model-family'],
    ['that says more layers than it has', () => config({ num_hidden_layers: 5 }), 'checkpoint-shape'],
    ['with a configuration that is no JSON', () => put('config.json', 'hello'), 'config-not-json'],
    ['with a configuration nested deep', () => put('config.json', deep), 'model-family'],
    ['whose index leads up', () => shards('../model.safetensors'), 'referenced-file-outside'],
    ['whose index is absolute', () => shards(join(sample, 'model.safetensors')), 'referenced-file-outside'],
    ['whose index names nothing', () => shards('nowhere.safetensors'), 'referenced-file-missing'],
    ['whose index names itself', () => shards('model.safetensors.index.json'), 'safetensors-header'],
    ['whose index holds no name', () => shards(7), 'safetensors-shards'],
    [
      'without anything',
      () =>
        copied((path) => {
          rmSync(path, { recursive: true });
          mkdirSync(path);
        }),
      'checkpoint-format',
    ],
    ['whose weights are a link out', () => linked('model.safetensors'), 'referenced-file-outside'],
    ['whose configuration is a link out', () => linked('config.json'), 'referenced-file-outside'],
    ['whose tokenizer is a link out', () => linked('tokenizer.json'), 'referenced-file-outside'],
  ])('%s', async (_kind, make, code) => {
    expect(await soonCodeOf(make())).toBe(code);
  });
});

describe('a checkpoint that opens says what is wrong with it', () => {
  const inspected = async (path: string) => {
    const info = (await new OpenModels().answer(path, null, { kind: 'info' }, null)) as ModelInfo;
    expect(info.checkpoint?.problem).toBeNull();
    return info.checkpoint!.notices;
  };
  const half = { zero: 0, NaN: 0x7e00, infinity: 0x7c00 };
  /** The tiny model, whose values are float16, with all values of one tensor written over, or all but the last. */
  const filled = (tensor: string, value: keyof typeof half, butLast = false) =>
    copied((path) => {
      const file = join(path, 'model.safetensors');
      const bytes = readFileSync(file);
      const start = 8 + Number(bytes.readBigUInt64LE(0));
      const header = JSON.parse(bytes.toString('utf8', 8, start)) as Header;
      const { dtype, data_offsets } = header[tensor]!;
      expect(dtype).toBe('F16');
      const [first, end] = data_offsets as [number, number];
      const last = start + end - (butLast ? 2 : 0);
      for (let at = start + first; at < last; at += 2) bytes.writeUInt16LE(half[value], at);
      writeFileSync(file, bytes);
    });
  const matrix = 'model.layers.1.mlp.up_proj.weight';

  it('nothing of a sound one', async () => {
    expect(await inspected(copied(() => undefined))).toEqual([]);
  });

  it.each(['zero', 'NaN', 'infinity'] as const)('a tensor of %s alone', async (value) => {
    const [notice, ...others] = await inspected(filled(matrix, value));
    expect(others).toEqual([]);
    expect(notice).toContain(matrix);
    expect(notice).toMatch(value === 'zero' ? /empty/ : /damaged/);
  });

  it('not a tensor that is nearly empty', async () => {
    expect(await inspected(filled(matrix, 'zero', true))).toEqual([]);
  });

  it('weights of layers that the configuration does not have', async () => {
    const path = copied((folder) => {
      const file = join(folder, 'config.json');
      writeFileSync(
        file,
        JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), num_hidden_layers: 2 }),
      );
    });
    const [notice, ...others] = await inspected(path);
    expect(others).toEqual([]);
    expect(notice).toMatch(/^\d+ tensors are not used .*for example model\.layers\.[23]\./);
  });
});

describe('an ONNX file', () => {
  const relu = {
    input: [value('x', 2)],
    output: [value('y', 2)],
    node: [node('Relu', 'relu', ['x'], ['y'])],
  };
  it.each<[string, Uint8Array | string, string | null]>([
    ['that is sound', modelBytes(relu), null],
    ['of no bytes', '', 'empty-file'],
    ['that is a pointer of Git LFS', pointer, 'file-is-pointer'],
    ['cut short', modelBytes(relu).subarray(0, 30), 'onnx-truncated'],
    [
      'with a cycle',
      modelBytes({ ...relu, node: [node('Add', 'a', ['x', 'y'], ['z']), node('Relu', 'b', ['z'], ['y'])] }),
      'graph-cyclic',
    ],
    [
      'with 2^60 numbers in no bytes',
      modelBytes({ ...relu, initializer: [{ ...weight('w', 1), dims: [2 ** 40, 2 ** 20] }] }),
      'tensor-size',
    ],
  ])('%s', async (_kind, content, code) => {
    expect(await soonCodeOf(written('model.onnx', content))).toBe(code);
  });
});

describe.skipIf(process.platform === 'win32')('a pipe that nobody writes to', () => {
  it.each(['model.gguf', 'model.safetensors', 'model.onnx'])('%s', async (name) => {
    mkdirSync(join(folder, 'pipes'), { recursive: true });
    const path = join(folder, 'pipes', name);
    execFileSync('mkfifo', [path]);
    expect(await soonCodeOf(path)).toBe('file-unreadable');
  });
});
