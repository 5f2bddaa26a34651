/** @file The guard in front of the engine: good calls pass unchanged, every other is refused by name. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { errorDetail, MongeError } from '../../native-models/error';
import { apiTable, guardApi } from './api';
import { anyPath, pathsBelow } from '../disk/path-policy';
import { fakeEngine } from './testing';

const request = { method: 'flows', data: { target: 'abc' }, config: { steps: 10 }, seed: 1 };
const bytes = Uint8Array.of(1);

const good: [string, ...unknown[]][] = [
  ['hello'],
  ['openSample', 'eight-gaussians'],
  ['openPath', '/data/a.csv'],
  ['beginUpload', 'a file (1).csv', 10, 'a1'],
  ['appendUpload', 'u1', 0, bytes],
  ['setRoles', 'abc', { 'a column': 'label', __proto__x: 'feature' }],
  ['previewRows', 'abc', 0, 100],
  ['previewImages', 'abc', [0, 5]],
  ['startRun', request],
  ['renameRun', 'r1', { notes: 'good one' }],
  ['curves', 'r1', ['loss']],
  ['query', 'r1', 'display', { count: 10 }],
  ['figure', 'r1', 'weights', { step: 3 }],
  ['artifact', 'r1', 'pair log.ndjson'],
  ['exportRun', 'r1', 'onnx'],
  ['startRun', { ...request, name: 'first', tags: ['claim C1'] }],
  ['claims', 'flows'],
  ['runClaims', 'flows', { ids: ['C1'], quick: true, seeds: 3, data: { images: 'abc' }, fresh: true }],
  ['stopClaims', 'flows'],
  ['createStudy', { method: 'flows', space: { steps: { type: 'int', low: 1, high: 9 } } }],
  ['startStudy', 's1', 20],
  ['stopStudy', 's1', 'finish'],
  ['trialCurves', 's1', [0, 3]],
  ['enqueueTrial', 's1', { steps: 4, coupling: 'sinkhorn' }],
  ['rehearsePruner', 's1', { kind: 'asha', options: { eta: 3 } }],
  ['exportStudy', 's1', 'hiplot'],
  ['predictStudy', 's1', { axis: 'width', rate: 'learningRate', at: 1024 }],
  ['importStudy', 'optuna.log', bytes, { name: 'cells' }],
  ['viewModel', 'm1', { graph: 1, open: ['block1/attention'] }],
  ['profileModel', 'm1', { sizes: { batch: 4 }, runs: 5, optimisation: 'basic' }],
];
const sampling = {
  temperature: 0.8,
  topP: 0.95,
  topK: 40,
  minP: 0,
  repetitionPenalty: 1,
  seed: 1,
  maxTokens: 64,
  stop: [],
};
const look = { kind: 'look', text: 'a b', level: 'fp32', measure: { kind: 'norm' }, role: 'resid_post' };
const chat = {
  kind: 'generate',
  input: { messages: [{ role: 'user', content: 'Hello' }] },
  sampling,
  level: '4-bit-4',
  alternatives: 5,
};
const halves = Float32Array.of(0.5, 0.5);
const ends = { lo: halves, hi: halves, units: Uint8Array.of(1, 0) };
const steering = {
  maps: [{ hook: 'resid_post:0', w: halves, beta: halves, ...ends, form: 'interpolate' }],
  lambda: 1,
  first: true,
};
const divergence = {
  ...{ kind: 'steering-divergence', texts: ['a b'], steering, level: 'fp32', maxTokens: 0, alternatives: 5 },
};
good.push(
  ['language', 'm1', look],
  ['language', 'm1', divergence],
  ['language', 'm1', { kind: 'steering-file', name: 'football.safetensors', bytes: new Uint8Array(9) }],
  ['languageJob', 'm1', 'c4', { ...chat, steering: { ...steering, lambda: [0.5] } }],
  ['language', 'm1', { kind: 'attention', text: 'a', layer: 0, level: '4-bit-0', cells: 512 }],
  ['languageJob', 'm1', 'c1', chat],
  ['languageJob', 'm1', 'c2', { kind: 'certify' }],
  ['languageJob', 'm1', 'c3', { kind: 'certify', level: '4-bit-0', fresh: true, only: ['embed'] }],
  ['language', 'm1', { kind: 'certificates', level: 'fp32' }],
  ['language', 'm1', { kind: 'picture', name: 'a.png', bytes: new Uint8Array(9) }],
  [
    'language',
    'm1',
    { kind: 'patch-colours', picture: 'ab'.repeat(32), hook: 'q:1', fit: ['cd'.repeat(32)] },
  ],
  ['language', 'm1', { kind: 'patch-attention', picture: 'ab'.repeat(32), layer: 0, from: 'class' }],
  ['stopLanguage', 'c1'],
);
const deep = JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) as unknown;
const bad: [key: string, method: string, ...unknown[]][] = [
  ['hello', 'hello', 'x'],
  ['openSample(id)', 'openSample'],
  ['openSample(id)', 'openSample', '../secret'],
  ['openPath(path)', 'openPath', 'a\0b'],
  ['openPath(path)', 'openPath', 'x'.repeat(5000)],
  ['beginUpload(name)', 'beginUpload', '../a.csv', 1],
  ['beginUpload(name)', 'beginUpload', 'a\\b.csv', 1],
  ['beginUpload(bytes)', 'beginUpload', 'a.csv', -1],
  ['beginUpload(group)', 'beginUpload', 'a.csv', 1, '../../runs'],
  ['appendUpload(offset)', 'appendUpload', 'u1', 0.5, bytes],
  ['appendUpload(bytes)', 'appendUpload', 'u1', 0, [1, 2]],
  ['setRoles(roles.x)', 'setRoles', 'abc', { x: 'admin' }],
  ['previewRows(count)', 'previewRows', 'abc', 0, 1e9],
  ['previewPoints(maximum)', 'previewPoints', 'abc', NaN],
  ['previewImages(rows.0)', 'previewImages', 'abc', ['0']],
  ['startRun(request.seed)', 'startRun', { ...request, seed: '1' }],
  ['startRun(request.extra)', 'startRun', { ...request, extra: 1 }],
  ['startRun(request.config.a)', 'startRun', { ...request, config: { a: deep } }],
  ['claims(method)', 'claims', '../flows'],
  ['study(id)', 'study', '../s1'],
  ['stopStudy(how)', 'stopStudy', 's1', 'kill'],
  ['trialCurves(trials.0)', 'trialCurves', 's1', [-1]],
  ['runClaims(request.quick)', 'runClaims', 'flows', { quick: 'yes' }],
  ['runClaims(request.seeds)', 'runClaims', 'flows', { quick: true, seeds: 0 }],
  ['runClaims(request.ids.0)', 'runClaims', 'flows', { quick: true, ids: ['a b'] }],
  ['runClaims(request.data.images)', 'runClaims', 'flows', { quick: true, data: { images: '/etc' } }],
  ['run(id)', 'run', '..'],
  ['run(id)', 'run', { toString: 'x' }],
  ['trashRun(id)', 'trashRun', 'a/b'],
  ['query(name)', 'query', 'r1', 7, {}],
  ['figure(name)', 'figure', 'r1', '../weights', {}],
  ['figure(args)', 'figure', 'r1', 'weights', 7],
  ['artifact(name)', 'artifact', 'r1', '../run.json'],
  ['exportRun(kind)', 'exportRun', 'r1', 'exe'],
  ['viewModel(request.graph)', 'viewModel', 'm1', { graph: -1, open: [] }],
  ['viewModel(request.open.0)', 'viewModel', 'm1', { graph: 0, open: [7] }],
  ['profileModel(request.runs)', 'profileModel', 'm1', { sizes: {}, runs: 0, optimisation: 'basic' }],
  [
    'profileModel(request.sizes.n)',
    'profileModel',
    'm1',
    { sizes: { n: -1 }, runs: 1, optimisation: 'basic' },
  ],
  // What is looked at is never computed with rounded activations.
  ['language(question.level)', 'language', 'm1', { ...look, level: '4-bit-4' }],
  ['language(question.kind)', 'language', 'm1', { kind: 'weights' }],
  [
    'language(question.picture)',
    'language',
    'm1',
    { kind: 'patch-attention', picture: '../a.png', layer: 0, from: 'class' },
  ],
  [
    'language(question.steering.lambda)',
    'language',
    'm1',
    { ...divergence, steering: { ...steering, lambda: NaN } },
  ],
  [
    'language(question.steering.maps.0.form)',
    'language',
    'm1',
    { ...divergence, steering: { ...steering, maps: [{ ...steering.maps[0], form: 'replace' }] } },
  ],
  [
    'language(question.top)',
    'language',
    'm1',
    { kind: 'lens', text: 'a', position: 0, level: 'fp32', top: 0 },
  ],
  ['languageJob(call)', 'languageJob', 'm1', '../c', { kind: 'certify' }],
  [
    'languageJob(job.sampling.temperature)',
    'languageJob',
    'm1',
    'c1',
    { ...chat, sampling: { ...sampling, temperature: -1 } },
  ],
  ['profileModel(request.optimisation)', 'profileModel', 'm1', { sizes: {}, runs: 1, optimisation: 'all' }],
];

function call(api: object, method: string, args: unknown[]): Promise<unknown> {
  return (api as Record<string, (...args: unknown[]) => Promise<unknown>>)[method]!(...args);
}

describe('guardApi', () => {
  it.each(good)('lets %s through', async (method, ...args) => {
    const engine = fakeEngine();
    await call(guardApi(engine, anyPath), method, args);
    expect(engine.calls).toEqual([[method, ...args]]);
  });

  it('lets a trailing optional argument be left out', async () => {
    const engine = fakeEngine();
    await guardApi(engine, anyPath).curves('r1');
    expect(engine.calls[0]?.slice(0, 2)).toEqual(['curves', 'r1']);
  });

  it.each(bad)('refuses %s', async (key, method, ...args) => {
    const engine = fakeEngine();
    const detail = errorDetail(
      await call(guardApi(engine, anyPath), method, args).catch((thrown: unknown) => thrown),
    );
    expect(detail).toMatchObject({ code: 'bad-request', where: { key } });
    expect(engine.calls).toEqual([]);
  });

  it('has a row for every method and no other', () => {
    expect(Object.keys(apiTable)).toHaveLength(68);
    expect(Object.hasOwn(guardApi(fakeEngine(), anyPath), 'close')).toBe(false);
  });

  it('turns any failure of the engine into a coded error without its stack', async () => {
    const engine = fakeEngine({ run: () => Promise.reject(new TypeError('boom')) });
    const thrown: unknown = await guardApi(engine, anyPath)
      .run('r1')
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(MongeError);
    expect(errorDetail(thrown)).toEqual({ code: 'internal', blame: 'machine', what: 'boom' });
  });
});

describe('absurd numbers about a language model', () => {
  const generate = (change: object) => [
    'languageJob',
    'c1',
    { ...chat, sampling: { ...sampling, ...change } },
  ];
  const ask = (question: object) => ['language', { text: 'a', level: 'fp32', ...question }];
  it.each([
    [
      generate({ maxTokens: 1e9 }),
      'job.sampling.maxTokens',
      '1000000000',
      'a whole number from 1 to 1000000',
    ],
    [generate({ maxTokens: -1 }), 'job.sampling.maxTokens', '-1', 'a whole number from 1 to 1000000'],
    [generate({ maxTokens: NaN }), 'job.sampling.maxTokens', 'NaN', 'a whole number from 1 to 1000000'],
    [generate({ maxTokens: 1.5 }), 'job.sampling.maxTokens', '1.5', 'a whole number from 1 to 1000000'],
    [generate({ temperature: Infinity }), 'job.sampling.temperature', 'Infinity', 'a number from 0 to 100'],
    [generate({ topP: 0 }), 'job.sampling.topP', '0', 'a number above 0 up to 1'],
    [generate({ topK: -1 }), 'job.sampling.topK', '-1', 'a whole number from 0'],
    [generate({ seed: 2 ** 60 }), 'job.sampling.seed', String(2 ** 60), 'a whole number from 0'],
    [
      ask({ kind: 'attention', layer: 1e9, cells: 5 }),
      'question.layer',
      '1000000000',
      'a whole number from 0 to 10000',
    ],
    [
      ask({ kind: 'attention', layer: NaN, cells: 5 }),
      'question.layer',
      'NaN',
      'a whole number from 0 to 10000',
    ],
    [ask({ kind: 'attention', layer: 0, cells: 0 }), 'question.cells', '0', 'a whole number from 1 to 4096'],
    [ask({ kind: 'lens', position: -1, top: 3 }), 'question.position', '-1', 'a whole number from 0'],
    [
      ask({ kind: 'lens', position: 0, top: 1e9 }),
      'question.top',
      '1000000000',
      'a whole number from 1 to 20',
    ],
  ])('%j is told what goes for %s', async ([method, ...args], key, got, expected) => {
    const engine = fakeEngine();
    const work = call(guardApi(engine, anyPath), method as string, ['m1', ...args]);
    const detail = errorDetail(await work.catch((thrown: unknown) => thrown));
    expect(detail).toMatchObject({ code: 'bad-request', got, expected });
    expect(detail.where?.key).toBe(`${method as string}(${key})`);
    expect(engine.calls).toEqual([]);
  });
});

describe('pathsBelow', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'monge-paths-')));
  const root = join(folder, 'root');
  mkdirSync(join(root, 'in'), { recursive: true });
  mkdirSync(join(folder, 'root-beside'));
  writeFileSync(join(root, 'in', '..a.csv'), 'x\n');
  writeFileSync(join(folder, 'secret.csv'), 'x\n');
  symlinkSync(join(folder, 'secret.csv'), join(root, 'link.csv'));
  symlinkSync(root, join(folder, 'alias'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const codeFor = async (path: string) => {
    const policy = await pathsBelow([join(folder, 'alias')]);
    return policy.allowPath(path).then(
      (allowed) => allowed,
      (thrown: unknown) => errorDetail(thrown).code,
    );
  };

  it('answers with the real path of a file inside, by whichever name', async () => {
    const real = join(root, 'in', '..a.csv');
    expect(await codeFor(real)).toBe(real);
    expect(await codeFor(join(folder, 'alias', 'in', '..a.csv'))).toBe(real);
    expect(await codeFor(relative(process.cwd(), real))).toBe(real);
  });

  it.each([
    ['a file outside', '../secret.csv'],
    ['a way out and about', 'in/../../secret.csv'],
    ['a link that leads out', 'link.csv'],
    ['a folder whose name begins the same', '../root-beside'],
    ['a file outside that does not exist', '../nothing.csv'],
  ])('refuses %s', async (_name, path) => {
    expect(await codeFor(join(root, path))).toBe('path-not-allowed');
    expect(await codeFor(`${root}/${path}`)).toBe('path-not-allowed');
  });

  it('says so when a file inside does not exist', async () => {
    expect(await codeFor(join(root, 'nothing.csv'))).toBe('file-not-found');
  });
});
