/** @file `monge inspect` on model files: what it prints of their tensors, a model run on arrays, and refusals that end with 2. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeNpz, encodeNpz, encodeSafetensors, type StoredArray } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { expectClose } from '../../native-models/testing/expect-close';
import { datasetInfo, fakeEngine } from '../rpc/testing';
import type { CliHost } from './host';
import { openForeignFiles } from '../jobs/foreign-kinds';
import { ExportFolders } from '../inference/imported/testing';
import { runCommandLine } from './main';

const exports = fileURLToPath(new URL('../models/testing/exports/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'monge-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

/** Runs one command line; `isTable` says whether the engine finds a data set in what it is asked to open. */
async function monge(line: string[], isTable = true) {
  let [printed, told] = ['', ''];
  const engine = fakeEngine({
    openPath: (path) =>
      isTable
        ? Promise.resolve(datasetInfo(path))
        : Promise.reject(new MongeError({ code: 'no-rows', what: 'the array is a single number' })),
  });
  const host: CliHost = {
    print: (text) => (printed += `${text}\n`),
    tell: (text) => (told += text),
    terminal: false,
    environment: { MONGE_RUNS: at('runs'), MONGE_HOME: at('home') },
    onSignal: () => () => undefined,
    openEngine: () => Promise.resolve(engine),
    openForeign: () => openForeignFiles(null),
    rendererFolder: folder,
    samplesFolder: 'samples',
    loadBench: null,
  };
  return { code: await runCommandLine(line, host), printed, told };
}
const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

const arrays: Record<string, StoredArray> = {
  'layer.10.weight': { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], dtype: 'bfloat16' },
  'layer.2.weight': { data: Float32Array.of(1, 2), shape: [2] },
  scale: { data: Float64Array.of(2), shape: [] },
};

describe('files of tensors', () => {
  it('lists a safetensors file with types, shapes, bytes and the total', async () => {
    writeFileSync(at('model.safetensors'), encodeSafetensors(arrays, { format: 'pt' }));
    const { code, printed } = await monge(['inspect', at('model.safetensors')]);
    expect(code).toBe(0);
    expect(printed.replace(folder, '')).toMatchInlineSnapshot(`
      "file             /model.safetensors
      format           safetensors
      family           not stated
      tokenizer        none
      licence          not stated
      metadata format  pt
      tensors          3, 9 numbers, 28 bytes
      stored as BF16   1 tensor, 12 bytes
      stored as F32    1 tensor, 8 bytes
      stored as F64    1 tensor, 8 bytes
      cannot be run    config-missing: there is no config.json beside the weights, so nothing says how they belong together

      TENSOR           TYPE  SHAPE   BYTES
      layer.2.weight   F32   [2]     8
      layer.10.weight  BF16  [2, 3]  12
      scale            F64   []      8
      "
    `);
    const facts = json((await monge(['inspect', at('model.safetensors'), '--json'])).printed);
    expect(facts).toMatchObject({
      format: 'safetensors',
      parameters: 9,
      bytes: 12 + 8 + 8,
      metadata: { format: 'pt' },
    });
  });

  it('lists shards by their index and by their folder', async () => {
    mkdirSync(at('sharded'));
    const { scale, ...layers } = arrays;
    writeFileSync(at('sharded/1.safetensors'), encodeSafetensors(layers));
    writeFileSync(at('sharded/2.safetensors'), encodeSafetensors({ scale: scale! }));
    const places = [
      ...Object.keys(layers).map((name) => [name, '1.safetensors']),
      ['scale', '2.safetensors'],
    ];
    const index = JSON.stringify({ weight_map: Object.fromEntries(places) as unknown });
    writeFileSync(at('sharded/model.safetensors.index.json'), index);
    for (const path of [at('sharded'), at('sharded/model.safetensors.index.json')]) {
      const { code, printed } = await monge(['inspect', path, '--json']);
      expect(code).toBe(0);
      expect(json(printed)).toMatchObject({
        parameters: 9,
        files: [at('sharded/1.safetensors'), at('sharded/2.safetensors')],
      });
    }
  });

  it('lists the arrays of an NPZ beside its columns, or alone where they are no table', async () => {
    writeFileSync(at('weights.npz'), encodeNpz(arrays));
    const table = await monge(['inspect', at('weights.npz')]);
    expect(table.printed).toContain('COLUMN');
    expect(table.printed).toMatch(/^layer\.2\.weight +float32 +\[2\] +8$/m);
    const alone = await monge(['inspect', at('weights.npz')], false);
    expect(alone).toMatchObject({ code: 0, told: 'note: no data set: the array is a single number\n' });
    expect(alone.printed).toContain('3, 9 numbers, 40 bytes');
    expect(alone.printed).not.toContain('COLUMN');
    const both = json((await monge(['inspect', at('weights.npz'), '--json'])).printed);
    expect(both).toMatchObject({ rows: datasetInfo('x').rows, parameters: 9 });
  });

  it('says of a damaged NPZ what the reader of data sets says', async () => {
    writeFileSync(at('cut.npz'), encodeNpz(arrays).subarray(0, 100));
    expect(await monge(['inspect', at('cut.npz')], false)).toMatchObject({
      code: 2,
      printed: '',
      told: expect.stringMatching(/^no-rows: /) as string,
    });
  });
});

describe('--run', () => {
  const model = join(exports, 'external.onnx');
  const inputs = join(exports, 'inputs-5.npz');

  it('prints what comes out and writes it where it is told', async () => {
    const out = at('outputs.npz');
    const { code, printed, told } = await monge([
      'inspect',
      model,
      '--run',
      inputs,
      '--out',
      out,
      '--threads',
      '1',
    ]);
    expect({ code, told }).toEqual({ code: 0, told: '' });
    expect(printed).toMatch(/^OUTPUT +TYPE +SHAPE/);
    expect(printed).toMatch(/^logits +float32 +\[5, 3\] /m);
    const written = decodeNpz(readFileSync(out));
    const expected = decodeNpz(readFileSync(join(exports, 'expected-5.npz')));
    const [got, wanted] = [written, expected].map(({ logits }) => logits!.data as Float32Array);
    expectClose(got!, wanted!, { rtol: 1e-5, atol: 1e-5 });
    expect(written['label']).toEqual(expected['label']);
  });

  it('prints one JSON object with --json', async () => {
    const { printed } = await monge(['inspect', model, '--run', inputs, '--json']);
    expect(json(printed)).toMatchObject({
      device: 'cpu',
      outputs: [
        { name: 'logits', type: 'float32', shape: [5, 3], nonFinite: 0 },
        { name: 'label', type: 'int64', shape: [5] },
      ],
    });
  });

  const image: StoredArray = { data: new Float32Array(64), shape: [1, 1, 8, 8] };
  const temperature: StoredArray = { data: Float32Array.of(1), shape: [] };
  it.each<[string, string, string, Record<string, StoredArray>]>([
    ['a missing input', 'feeds-missing', 'temperature', { image }],
    ['an unknown input', 'feeds-unknown', 'mask', { image, temperature, mask: image }],
    [
      'another type',
      'feeds-type',
      'expected float32[batch, 1, 8, 8]',
      { image: { ...image, data: new Float64Array(64) }, temperature },
    ],
    [
      'another shape',
      'feeds-shape',
      'got float32[8, 8]',
      { image: { ...image, shape: [8, 8] }, temperature },
    ],
  ])('%s is %s', async (_what, code, place, feeds) => {
    writeFileSync(at('feeds.npz'), encodeNpz(feeds));
    const result = await monge(['inspect', model, '--run', at('feeds.npz'), '--out', at('never.npz')]);
    expect(result).toMatchObject({ code: 2, printed: '' });
    expect(result.told).toMatch(new RegExp(`^${code}: `));
    expect(result.told).toContain(place);
    expect(existsSync(at('never.npz'))).toBe(false);
  });

  it.each<[string, string, string[]]>([
    ['feeds that are not there', 'file-not-found', [model, '--run', at('none.npz')]],
    ['feeds that are no NPZ', 'truncated', [model, '--run', model]],
    ['a data set', 'bad-usage', [inputs, '--run', inputs]],
    ['an unknown device', 'bad-usage', [model, '--run', inputs, '--device', 'abacus']],
    ['--out without --run', 'bad-usage', [model, '--out', at('x.npz')]],
    ['an output file that exists', 'file-exists', [model, '--run', inputs, '--out', inputs]],
  ])('%s: %s', async (_what, code, line) => {
    const result = await monge(['inspect', ...line]);
    expect(result).toMatchObject({ code: 2, printed: '' });
    expect(result.told).toMatch(new RegExp(`^${code}: `));
  });
});

describe('folders as exporters write them', () => {
  const folders = new ExportFolders();
  afterAll(() => folders.close());

  it('are told as graphs and as language models', async () => {
    const path = await folders.of('decoders/llama.script', { below: 'onnx' });
    const { code, printed } = await monge(['inspect', path, '--json']);
    expect(code).toBe(0);
    const found = json(printed);
    expect(found).toMatchObject({ format: 'onnx', roles: { layers: 2 } });
    expect(found.language).toMatchObject({
      ...{ kind: 'decoder', family: 'llama', layers: 2, vocabulary: 64, notices: [] },
      tokenizer: { kind: 'byte-level-bpe' },
    });
    const told = (await monge(['inspect', path])).printed;
    expect(told).toContain('decoder, llama');
  });

  it('say what is missing', async () => {
    const path = await folders.of('roles/llama.export', { tokenizer: false });
    const { printed } = await monge(['inspect', path]);
    expect(printed).toMatch(/notice +tokenizer-missing: Texts are ids of tokens here/);
    expect(printed).toMatch(/notice +cache-missing: /);
  });
});
