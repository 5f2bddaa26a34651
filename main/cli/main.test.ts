/** @file The command line with an engine in memory: what it asks of the engine, what it prints, how it ends. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeModel, encodeModel, externalSpans } from '../../native-models';
import { MongeError } from '../../native-models/error';
import type { Engine } from '../engine';
import type { RunRecord, StartRequest } from '../contract/engine';
import { datasetInfo, fakeEngine, runRecord } from '../rpc/testing';
import { openForeignFiles } from '../jobs/foreign-kinds';
import { runCommandLine } from './main';
import { duration } from './progress';
import { commandLine, flows } from './testing';

const folder = mkdtempSync(join(tmpdir(), 'monge-cli-'));
for (const name of ['runs', 'kept']) mkdirSync(join(folder, name));
afterAll(() => rmSync(folder, { recursive: true }));

const monge = commandLine(folder);

const started = (engine: { calls: unknown[][] }) =>
  engine.calls.find(([method]) => method === 'startRun')?.[1] as StartRequest | undefined;

describe('monge run', () => {
  it('opens the data, starts the run and ends with one JSON line', async () => {
    const line = ['run', 'flows', '--data', 'a.csv', '--set', 'steps=5', '--set', 'note=a=b', '--seed', '3'];
    const { code, printed, engine, requests } = await monge([...line, '--json', '--out', folder]);
    expect(code).toBe(0);
    expect(started(engine)).toEqual({
      method: 'flows',
      data: { target: ['a'] },
      config: { steps: '5', note: 'a=b' },
      seed: 3,
      name: undefined,
    });
    expect(JSON.parse(printed.at(-1)!)).toEqual({
      run: 'r1',
      dir: join(folder, 'r1'),
      status: 'done',
      metrics: { loss: 0.5 },
    });
    expect(requests).toEqual([{ runsFolder: folder, transport: 'port', threads: undefined }]);
    expect(engine.closed).toBe(true);
  });

  it('gives several files to the inputs in order, or by name', async () => {
    const both = { target: ['a'], source: ['b'] };
    expect(started((await monge(['run', 'flows', '--data', 'a.csv', 'b.csv'])).engine)?.data).toEqual(both);
    const named = ['run', 'flows', '--data', 'source=b.csv', '--data', 'target=a.csv'];
    expect(started((await monge(named)).engine)?.data).toEqual(both);
  });

  it('takes settings from a file, a run.json included, below those of the line', async () => {
    const file = join(folder, 'run.json');
    writeFileSync(file, JSON.stringify({ method: 'flows', config: { steps: 7, batchSize: 8 }, seed: 9 }));
    const line = ['run', 'flows', '--data', 'a.csv', '--config', file, '--set', 'steps=1', '--device', 'cpu'];
    const request = started((await monge(line)).engine);
    expect(request).toMatchObject({ config: { steps: '1', batchSize: 8, device: 'cpu' }, seed: 9 });
  });

  it('tells what the readers of the files warned of', async () => {
    const warnings = [{ code: 'invalid-utf8', message: 'the text is not valid UTF-8 from byte 12 on' }];
    const openPath: Engine['openPath'] = (path) =>
      Promise.resolve({ ...datasetInfo(path), id: 'a', warnings });
    const { told, code } = await monge(['run', 'flows', '--data', 'a.csv'], {}, { openPath });
    expect(code).toBe(0);
    expect(told).toContain('warning: pair.csv: the text is not valid UTF-8 from byte 12 on\n');
  });

  it('sets the roles that were asked for', async () => {
    const { engine } = await monge(['run', 'flows', '--data', 'a.csv', '--role', 'y=label']);
    expect(engine.calls).toContainEqual(['setRoles', 'a', { y: 'label' }]);
  });

  it.each<[string, Partial<RunRecord>, number]>([
    ['done', { status: 'done' }, 0],
    ['failed', { status: 'failed', error: { code: 'solver-not-finite', what: 'x' } }, 1],
    ['bad data', { status: 'failed', error: { code: 'ragged-row', what: 'x', where: { file: 'a.csv' } } }, 2],
    ['too little data', { status: 'failed', error: { code: 'too-few-rows', blame: 'input', what: 'x' } }, 2],
    ['diverged', { status: 'diverged' }, 11],
    ['stopped by someone else', { status: 'stopped' }, 12],
  ])('%s gives its own exit code', async (_name, outcome, expected) => {
    const { code, engine } = await monge(['run', 'flows', '--data', 'a.csv'], outcome);
    expect(code).toBe(expected);
    expect(engine.closed).toBe(true);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 75],
  ] as const)('stops with a checkpoint at %s, and only once', async (signal, expected) => {
    const stops: string[] = [];
    let rest: (record: RunRecord) => void = () => undefined;
    const resting = new Promise<RunRecord>((done) => (rest = done));
    const signals: ((signal: 'SIGINT' | 'SIGTERM') => void)[] = [];
    const engine = fakeEngine({
      methods: () => Promise.resolve([flows]),
      openPath: (path) => Promise.resolve(datasetInfo(path)),
      startRun: () => Promise.resolve(runRecord({ id: 'r1', status: 'running' })),
      stopRun: async (id) => {
        stops.push(id);
        rest(runRecord({ id, status: 'stopped' }));
        return runRecord({ id, status: 'stopping' });
      },
      waitForRun: () => {
        signals[0]!(signal);
        signals[0]!(signal);
        return resting;
      },
    });
    let told = '';
    const code = await runCommandLine(['run', 'flows', '--data', 'a.csv'], {
      print: () => undefined,
      tell: (text) => (told += text),
      terminal: true,
      environment: {},
      onSignal: (listener) => {
        signals.push(listener);
        return () => undefined;
      },
      openEngine: () => Promise.resolve(engine),
      openForeign: () => openForeignFiles(null),
      rendererFolder: folder,
      samplesFolder: 'samples',
      loadBench: null,
    });
    expect(code).toBe(expected);
    expect(stops).toEqual(['r1']);
    expect(told).toContain('cannot be interrupted');
    expect(told).toContain('monge resume');
    expect(engine.closed).toBe(true);
  });
});

describe('bad usage', () => {
  const list = join(folder, 'list.json');
  writeFileSync(list, '[1]');
  const data = ['--data', 'a.csv'];
  it.each([
    ['no command', 'USAGE', []],
    ['an unknown command', 'bad-usage', ['train']],
    ['a name every object has', 'bad-usage', ['constructor']],
    ['no method', 'bad-usage', ['run']],
    ['an unknown method', 'method-unknown', ['run', 'sgd', ...data]],
    ['no data', 'bad-usage', ['run', 'flows']],
    ['too many files', 'bad-usage', ['run', 'flows', '--data', 'a', 'b', 'c']],
    ['an unknown flag', 'bad-usage', ['run', 'flows', ...data, '--step', '3']],
    ['a flag given twice', 'bad-usage', ['run', 'flows', ...data, '--seed', '1', '--seed', '2']],
    ['a flag without its value', 'bad-usage', ['run', 'flows', '--data']],
    ['a malformed pair', 'bad-usage', ['run', 'flows', ...data, '--set', 'steps']],
    ['a setting given twice', 'bad-usage', ['run', 'flows', ...data, '--set', 'a=1', '--set', 'a=2']],
    ['a seed that is no number', 'bad-usage', ['run', 'flows', ...data, '--seed', 'x']],
    ['a negative seed', 'bad-usage', ['run', 'flows', ...data, '--seed=-1']],
    ['a role of no column', 'bad-usage', ['run', 'flows', ...data, '--role', 'z=label']],
    ['a config that is not there', 'config-unreadable', ['run', 'flows', ...data, '--config', 'none.json']],
    ['a config that is no object', 'config-unreadable', ['run', 'flows', ...data, '--config', list]],
    ['a port out of range', 'bad-usage', ['serve', '--port', '70000']],
    ['a root that is not there', 'folder-not-found', ['serve', '--root', join(folder, 'none')]],
    ['two kinds of export', 'bad-usage', ['export', 'r1', '--csv', '--zip']],
    ['a model that is not there', 'file-not-found', ['inspect', 'none.onnx']],
    ['no benchmarks', 'bench-missing', ['bench']],
  ])('%s ends with 2 and says %s', async (_name, code, line) => {
    const result = await monge(line);
    expect(result.code).toBe(2);
    expect(result.told + result.printed.join('\n')).toContain(code);
    expect(started(result.engine)).toBeUndefined();
    if (result.requests.length > 0) expect(result.engine.closed).toBe(true);
  });

  it('names the inputs where one of another name is given, and takes a file of that whole name', async () => {
    const unknown = await monge(['run', 'flows', '--data', 'targt=a.csv']);
    expect(unknown.code).toBe(2);
    expect(unknown.told).toMatch(/no input is called targt.*"targt=a.csv".*target=…, source=…/);
    const file = join(folder, 'kept', 'size=3');
    writeFileSync(file, 'x');
    const before = process.cwd();
    process.chdir(join(file, '..'));
    const taken = await monge(['run', 'flows', '--data', 'size=3']).finally(() => process.chdir(before));
    expect(started(taken.engine)?.data).toEqual({ target: ['a'] });
  });

  it.each([
    ['--seed=x', 'a flag is no whole number'],
    ['--seed=-1', 'a flag is out of range'],
    ['--threads=1.5', 'a flag is no whole number'],
    ['--set=seed=1.5', 'the seed is no whole number'],
  ])('%s says that %s', async (given, what) => {
    expect((await monge(['run', 'flows', ...data, given])).told).toContain(what);
  });

  it('prints a coded error with its place and help', async () => {
    const error = new MongeError({
      code: 'ragged-row',
      what: 'a row is short',
      where: { file: 'a.csv', row: 3 },
      help: 'Add the cell.',
    });
    const { code, told } = await monge(['inspect', 'a.csv'], {}, { openPath: () => Promise.reject(error) });
    expect(code).toBe(2);
    expect(told).toBe('ragged-row: a row is short — a.csv, row 3\n  help: Add the cell.\n');
  });

  it.each([
    ['a file that is not there', 'config-unreadable', ['run', 'flows', ...data, '--config', 'none.json']],
    ['a flag that nobody knows', 'bad-usage', ['run', 'flows', ...data, '--step', '3']],
    ['a model that is not there', 'file-not-found', ['inspect', 'none.onnx']],
    ['a run that is not there', 'run-not-found', ['show', 'r1', '--out', join(folder, 'none')]],
  ])('%s ends with an error in JSON where JSON was asked for', async (_name, code, line) => {
    const { printed, told } = await monge([...line, '--json']);
    expect(JSON.parse(printed.at(-1)!)).toMatchObject({
      error: { code, what: expect.any(String) as string },
    });
    expect(told).toContain(`${code}: `);
    expect((await monge(line)).printed).toEqual([]);
  });

  it('a run that fails has its error in its JSON', async () => {
    const outcome = { status: 'failed', error: { code: 'too-few-rows', what: 'x' } } as const;
    const { printed } = await monge(['run', 'flows', ...data, '--json'], outcome);
    expect(JSON.parse(printed.at(-1)!)).toMatchObject({ status: 'failed', error: { code: 'too-few-rows' } });
  });

  it('tells a failure of the program from bad input', async () => {
    const { code } = await monge(['list'], {}, { listRuns: () => Promise.reject(new TypeError('x')) });
    expect(code).toBe(1);
  });
});

describe('the other commands', () => {
  it('resume goes on in the folder of the run', async () => {
    const run = join(folder, 'kept', 'r1');
    const { engine, printed } = await monge(['resume', 'r1', '--out', resolve(run, '..'), '--json'], {
      status: 'stopped',
    });
    expect(engine.calls).toContainEqual(['resumeRun', 'r1']);
    expect(JSON.parse(printed.at(-1)!)).toMatchObject({ dir: run, status: 'stopped' });
  });

  it('resume finds a finished run finished', async () => {
    const { code, engine } = await monge(['resume', 'r1', '--json'], { status: 'done' });
    expect(code).toBe(0);
    expect(engine.calls.map(([method]) => method)).toEqual(['run']);
  });

  it('export keeps a file that exists', async () => {
    const file = join(folder, 'model.onnx');
    const answers: Partial<Engine> = {
      exportRun: () => Promise.resolve({ name: 'r1.onnx', mediaType: '', bytes: Uint8Array.of(1) }),
    };
    expect((await monge(['export', 'r1', '--file', file], {}, answers)).code).toBe(0);
    const again = await monge(['export', 'r1', '--file', file], {}, answers);
    expect(again.code).toBe(2);
    expect(again.told).toContain('file-exists');
  });

  it('export puts large weights into a file beside the model, and writes both files or none', async () => {
    const weights = { name: 'w', dataType: 1, dims: [1024], rawData: new Uint8Array(4096).fill(1) };
    const bytes = encodeModel({ graph: { initializer: [weights] } });
    const answers: Partial<Engine> = {
      exportRun: () => Promise.resolve({ name: 'r1.onnx', mediaType: '', bytes }),
    };
    const file = join(folder, 'large.onnx');
    const line = ['export', 'r1', '--external', '--file', file];
    const { code, printed } = await monge(line, {}, answers);
    expect({ code, printed }).toEqual({ code: 0, printed: [file, `${file}.data`] });
    expect(externalSpans(decodeModel(readFileSync(file)))).toEqual([
      { tensor: 'w', location: 'large.onnx.data', offset: 0, length: 4096 },
    ]);
    expect(readFileSync(`${file}.data`).equals(weights.rawData)).toBe(true);
    rmSync(file);
    const again = await monge(line, {}, answers);
    expect(again.told).toContain('file-exists');
    expect(existsSync(file)).toBe(false);
    expect((await monge(['export', 'r1', '--csv', '--external'], {}, answers)).told).toContain('bad-usage');
  });

  it.each([['list'], ['show', 'r1'], ['methods'], ['methods', 'flows'], ['inspect', 'a.csv']])(
    '%s %s prints text and JSON',
    async (...line) => {
      const text = await monge(line);
      expect(text.code).toBe(0);
      expect(text.printed.join('\n')).not.toBe('');
      const json = await monge([...line, '--json']);
      expect(() => JSON.parse(json.printed.at(-1)!) as unknown).not.toThrow();
    },
  );

  it.each([['--help'], ['run', '--help'], ['--version']])('%s %s is answered', async (...line) => {
    expect((await monge(line)).code).toBe(0);
  });
});

describe('duration', () => {
  it.each([
    [0.4, '0 s'],
    [59.4, '59 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
  ])('%d s reads %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
