/** @file Models exported by PyTorch, opened and run here: its outputs come out, for any batch, with weights inside or beside. */
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
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeModel,
  decodeNpz,
  encodeModel,
  externalise,
  externalSpans,
  type ModelProto,
} from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import { openCompute } from '../compute/session';
import type { HostTensor } from '../contract/compute';
import { readExternalData } from './external-data';
import { toHostTensor } from './feeds';
import { importModel, newestIrVersion, newestOpset, openModel } from './import';

// Made by bench/reference/onnx_exports.py with PyTorch 2.13, both exporters.
const exports = fileURLToPath(new URL('./testing/exports/', import.meta.url));
const compute = openCompute({ threads: 1 });
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-import-'));
});
afterAll(async () => {
  await compute.close();
  rmSync(folder, { recursive: true, force: true });
});

const arrays = (name: string) => decodeNpz(readFileSync(join(exports, name)), name);
const feedsOf = (count: number): Record<string, HostTensor> =>
  Object.fromEntries(
    Object.entries(arrays(`inputs-${count}.npz`)).map(([name, array]) => [name, toHostTensor(array, name)]),
  );

/** Runs the model on every batch there is and compares with PyTorch. */
async function expectPyTorch(path: string): Promise<void> {
  const open = await openModel(await importModel(path), compute);
  for (const count of [1, 5, 1]) {
    const outputs = await open.run(feedsOf(count));
    const { logits, label } = arrays(`expected-${count}.npz`);
    expect(outputs['logits']!.dims).toEqual([count, 3]);
    expectClose(outputs['logits']!.data as Float32Array, logits!.data as Float32Array, {
      rtol: 1e-5,
      atol: 1e-5,
    });
    expect(outputs['label']!.data).toEqual(label!.data);
  }
  await open.close();
}

describe.each(['script.onnx', 'export.onnx', 'external.onnx'])('%s', (name) => {
  it('gives what PyTorch gives, for batches of 1 and 5', () => expectPyTorch(join(exports, name)));

  it('says what goes in and out', async () => {
    const { inputs, outputs, external } = await importModel(join(exports, name));
    expect({ inputs, outputs }).toEqual({
      inputs: [
        { name: 'image', type: 'float32', dims: ['batch', 1, 8, 8] },
        { name: 'temperature', type: 'float32', dims: [] },
      ],
      outputs: [
        { name: 'logits', type: 'float32', dims: ['batch', 3] },
        { name: 'label', type: 'int64', dims: ['batch'] },
      ],
    });
    expect(external.map(({ location }) => location)).toEqual(
      name === 'external.onnx' ? ['external.onnx.data'] : [],
    );
  });
});

it('refuses feeds that do not fit, naming the input and what it takes', async () => {
  const open = await openModel(await importModel(join(exports, 'script.onnx')), compute);
  const { image, temperature } = feedsOf(1) as { image: HostTensor; temperature: HostTensor };
  const refused = (feeds: Record<string, HostTensor>) => expect(open.run(feeds)).rejects;
  const at = (tensor: string) => ({ where: { op: 'script.onnx', tensor } });
  await refused({ image }).toMatchObject({ code: 'feeds-missing', detail: at('temperature') });
  await refused({ image, temperature, mask: image }).toMatchObject({
    code: 'feeds-unknown',
    detail: at('mask'),
  });
  const doubles: HostTensor = {
    ...image,
    type: 'float64',
    data: Float64Array.from(image.data as Float32Array),
  };
  await refused({ image: doubles, temperature }).toMatchObject({
    code: 'feeds-type',
    detail: { got: 'float64[1, 1, 8, 8]', expected: 'float32[batch, 1, 8, 8]' },
  });
  await refused({ image: { ...image, dims: [1, 64] }, temperature }).toMatchObject({ code: 'feeds-shape' });
  await refused({ image: { ...image, dims: [1, 8, 1, 8] }, temperature }).toMatchObject({
    code: 'feeds-shape',
  });
  expect((await open.run({ image, temperature }))['logits']!.dims, 'still usable').toEqual([1, 3]);
  await open.close();
});

describe('weights in a file beside the model', () => {
  const copy = (name: string): string => {
    const inside = join(folder, name);
    mkdirSync(inside);
    for (const file of ['external.onnx', 'external.onnx.data'])
      cpSync(join(exports, file), join(inside, file));
    return inside;
  };
  const failure = (path: string) => expect(importModel(path)).rejects;

  it('are found there and not in the current directory', async () => {
    const elsewhere = copy('elsewhere');
    const before = process.cwd();
    // A file of the same name and size, of other values: the runtime alone would have taken it.
    const trap = join(folder, 'trap');
    mkdirSync(trap);
    writeFileSync(join(trap, 'external.onnx.data'), new Uint8Array(8992).fill(7));
    process.chdir(trap);
    try {
      await expectPyTorch(join(elsewhere, 'external.onnx'));
    } finally {
      process.chdir(before);
    }
  });

  it('may all be links into one place, as a download cache has them', async () => {
    const cache = copy('cache');
    const snapshot = join(folder, 'snapshot');
    mkdirSync(snapshot);
    for (const file of ['external.onnx', 'external.onnx.data'])
      symlinkSync(join(cache, file), join(snapshot, file));
    await expectPyTorch(join(snapshot, 'external.onnx'));
  });

  it('can be read in, and then the model needs no file', async () => {
    const { model, path } = await importModel(join(exports, 'external.onnx'));
    const inside = await readExternalData(model, path);
    expect(externalSpans(inside)).toEqual([]);
    writeFileSync(join(folder, 'inside.onnx'), encodeModel(inside));
    await expectPyTorch(join(folder, 'inside.onnx'));
  });

  it('can be written by us', async () => {
    const inline = decodeModel(readFileSync(join(exports, 'export.onnx')));
    const { model, data } = externalise(inline, { location: 'ours.data', threshold: 256 });
    expect(data.length).toBeGreaterThan(8992);
    writeFileSync(join(folder, 'ours.onnx'), encodeModel(model));
    writeFileSync(join(folder, 'ours.data'), data);
    await expectPyTorch(join(folder, 'ours.onnx'));
  });

  it('that are missing, short, or no file are refused with the name of the file', async () => {
    const inside = copy('damaged');
    const [model, data] = [join(inside, 'external.onnx'), join(inside, 'external.onnx.data')];
    truncateSync(data, 8000);
    await failure(model).toMatchObject({
      code: 'referenced-file-short',
      detail: { where: { file: data, byte: 8000 } },
    });
    rmSync(data);
    await failure(model).toMatchObject({
      code: 'referenced-file-missing',
      detail: { where: { file: data } },
    });
    mkdirSync(data);
    await failure(model).toMatchObject({ code: 'referenced-file-missing' });
  });

  it.each(['../external.onnx.data', '/etc/hostname', 'C:\\weights', 'a\\..\\..\\b', '..', 'link.data'])(
    'are refused at %s',
    async (location) => {
      const inside = mkdtempSync(join(folder, 'outside-'));
      cpSync(join(exports, 'external.onnx.data'), join(folder, 'external.onnx.data'));
      symlinkSync(join(folder, 'external.onnx.data'), join(inside, 'link.data'));
      const model = decodeModel(readFileSync(join(exports, 'external.onnx')));
      for (const tensor of model.graph!.initializer!)
        for (const entry of tensor.externalData ?? []) if (entry.key === 'location') entry.value = location;
      writeFileSync(join(inside, 'external.onnx'), encodeModel(model));
      await failure(join(inside, 'external.onnx')).toMatchObject({ code: 'referenced-file-outside' });
    },
  );
});

describe('a model the runtime cannot take', () => {
  const small = (change: Partial<ModelProto> = {}, domain = ''): ModelProto => {
    const value = (name: string) => ({
      name,
      type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'n' }] } } },
    });
    return {
      irVersion: 8,
      opsetImport: [{ domain: '', version: 17 }, ...(domain ? [{ domain, version: 1 }] : [])],
      graph: {
        name: 'g',
        node: [{ opType: 'Relu', domain, input: ['x'], output: ['y'] }],
        input: [value('x')],
        output: [value('y')],
      },
      ...change,
    };
  };
  const imported = (model: ModelProto) => {
    const path = join(folder, 'small.onnx');
    writeFileSync(path, encodeModel(model));
    return importModel(path);
  };

  it.each([
    ['opset', 'model-opset-too-new', (version: number) => ({ opsetImport: [{ version }] }), newestOpset],
    ['file format', 'model-ir-too-new', (irVersion: number) => ({ irVersion }), newestIrVersion],
  ])(
    'because of its %s is refused, and the runtime draws the same line',
    async (_what, code, change, newest) => {
      await (await openModel(await imported(small(change(newest))), compute)).close();
      await expect(imported(small(change(newest + 1)))).rejects.toMatchObject({ code });
      await expect(compute.open(encodeModel(small(change(newest + 1))))).rejects.toMatchObject({
        code: 'session-create-failed',
      });
    },
  );

  it('because of operators of a domain of its own is refused with their names', async () => {
    await expect(imported(small({}, 'my.ops'))).rejects.toMatchObject({
      code: 'model-operators-unknown',
      detail: { got: 'my.ops::Relu' },
    });
    const functions = [
      {
        name: 'Relu',
        domain: 'my.ops',
        input: ['a'],
        output: ['b'],
        opsetImport: [{ domain: '', version: 17 }],
        node: [{ opType: 'Relu', input: ['a'], output: ['b'] }],
      },
    ];
    const open = await openModel(await imported(small({ functions }, 'my.ops')), compute);
    const x: HostTensor = { type: 'float32', data: Float32Array.of(-1, 2), dims: [2] };
    expect((await open.run({ x }))['y']!.data, 'functions of its own are fine').toEqual(
      Float32Array.of(0, 2),
    );
    await open.close();
  });

  it('because it is no model is refused with the file', async () => {
    const path = join(folder, 'text.onnx');
    writeFileSync(path, 'x,y\n1,2\n');
    await expect(importModel(path)).rejects.toMatchObject({ detail: { where: { file: path } } });
    await expect(importModel(join(folder, 'none.onnx'))).rejects.toMatchObject({ code: 'file-not-found' });
  });

  it.each<[string, number, HostTensor]>([
    ['float16', 10, { type: 'float16', data: Uint16Array.of(0x3c00, 0xc000), dims: [2] }],
    ['float64', 11, { type: 'float64', data: Float64Array.of(1, -2), dims: [2] }],
    ['int8', 3, { type: 'int8', data: Int8Array.of(1, -2), dims: [2] }],
    ['uint8', 2, { type: 'uint8', data: Uint8Array.of(1, 2), dims: [2] }],
    ['int16', 5, { type: 'int16', data: Int16Array.of(1, -2), dims: [2] }],
    ['uint16', 4, { type: 'uint16', data: Uint16Array.of(1, 2), dims: [2] }],
    ['uint32', 12, { type: 'uint32', data: Uint32Array.of(1, 2), dims: [2] }],
    ['int64', 7, { type: 'int64', data: BigInt64Array.of(1n, -2n), dims: [2] }],
    ['uint64', 13, { type: 'uint64', data: BigUint64Array.of(1n, 2n ** 63n), dims: [2] }],
    ['bool', 9, { type: 'bool', data: Uint8Array.of(1, 0), dims: [2] }],
  ])('is not one of %s: such arrays go in and out', async (_name, elemType, x) => {
    const model = small();
    const graph = model.graph!;
    graph.node![0]!.opType = 'Identity';
    for (const value of [...graph.input!, ...graph.output!]) value.type!.tensorType!.elemType = elemType;
    const open = await openModel(await imported(model), compute);
    expect((await open.run({ x }))['y']).toEqual(x);
    await open.close();
  });
});
