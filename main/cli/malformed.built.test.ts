/** @file Bad input at the command line, each in a process of its own: a coded error that names the place, exit 2, nothing written elsewhere. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { malformedFiles } from '../data/testing/malformed';
import { filesBelow, openSandbox, type Finished } from '../host/testing/sandbox';

const box = openSandbox();
const good = join(box.work, 'good.csv');
const quick = ['steps=30', 'coupling=independent', 'hidden=8', 'batchSize=16', 'device=cpu'];
const settings = quick.flatMap((setting) => ['--set', setting]);
const labels = join(box.work, 'labels.csv');
const broken = (fileName: string) => join(box.work, 'broken', fileName);

beforeAll(() => {
  mkdirSync(join(box.work, 'broken'));
  mkdirSync(join(box.work, 'documents'));
  writeFileSync(join(box.work, 'documents', 'readme.txt'), 'no images here');
  for (const { fileName, bytes } of malformedFiles) writeFileSync(broken(fileName), bytes());
  const rows = Array.from({ length: 200 }, (_, i) => `${Math.cos(i)},${Math.sin(i)},${i % 2 ? 'a' : 'b'}`);
  writeFileSync(labels, 'x,y,kind\n1,2,a\n2,1,b\n');
  writeFileSync(good, `x,y,kind\n${rows.join('\n')}\n`);
});
afterAll(() => box.close());

/** What every refusal has in common. */
function expectRefusal({ code, stdout, stderr }: Finished, expected: string, ...places: string[]): void {
  expect({ code, stderr }).toMatchObject({ code: 2 });
  expect(stderr).toMatch(new RegExp(`^${expected}: `, 'm'));
  for (const place of places) expect(stderr).toContain(place);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toContain('internal');
  // Where JSON was asked for it is the error, else there is nothing.
  if (stdout !== '') expect(JSON.parse(stdout)).toMatchObject({ error: { code: expected } });
}

describe(`${malformedFiles.length} malformed files`, () => {
  const inspected = new Map<string, Finished>();
  const runsTried = malformedFiles.filter((_, i) => i % 3 === 0);
  const started = new Map<string, Finished>();
  let before: Record<string, string>;

  beforeAll(async () => {
    before = box.elsewhere();
    const lines = malformedFiles.map(({ fileName }) => ['inspect', broken(fileName), '--json']);
    const runs = runsTried.map(({ fileName }) => ['run', 'flows', '--data', broken(fileName), '--json']);
    const results = await box.all([...lines, ...runs]);
    malformedFiles.forEach(({ fileName }, i) => inspected.set(fileName, results[i]!));
    runsTried.forEach(({ fileName }, i) => started.set(fileName, results[lines.length + i]!));
  });

  const placesOf = ({ fileName, place = {} }: (typeof malformedFiles)[number]) => [
    place.line === undefined ? fileName : `${fileName}:${place.line}`,
    ...(place.row === undefined ? [] : [`row ${place.row}`]),
    ...(place.column === undefined ? [] : [`column ${place.column}`]),
    ...(place.byte === undefined ? [] : [`byte ${place.byte}`]),
  ];

  it.each(malformedFiles)('inspect: $name is $code', (file) => {
    expect(inspected.get(file.fileName)!.stdout).not.toBe('');
    expectRefusal(inspected.get(file.fileName)!, file.code, ...placesOf(file));
  });

  it.each(runsTried)('run: $name is $code', (file) => {
    expectRefusal(started.get(file.fileName)!, file.code, ...placesOf(file));
  });

  it('leave no run, no entry in the workspace, and no file anywhere else', () => {
    expect(box.elsewhere()).toEqual(before);
    expect(filesBelow(box.runs)).toEqual({});
    expect(readdirSync(box.runs)).toEqual([]);
    expect(filesBelow(box.workspace)).toEqual({});
  });
});

const data = ['--data', good];
const models = join(process.cwd(), 'main', 'models', 'testing', 'exports');
const badLines: [name: string, code: string, place: string, line: string[]][] = [
  ['an unknown command', 'bad-usage', '"train"', ['train']],
  ['an unknown method', 'method-unknown', '"sgd"', ['run', 'sgd', ...data]],
  ['an unknown flag', 'bad-usage', '--step', ['run', 'flows', ...data, '--step', '3']],
  ['no data', 'bad-usage', '--data', ['run', 'flows']],
  ['data that is not there', 'file-not-found', 'none.csv', ['run', 'flows', '--data', 'none.csv']],
  ['a folder without images', 'no-rows', 'documents', ['run', 'flows', '--data', 'documents']],
  ['a device', 'not-a-file', 'zero', ['inspect', '/dev/zero']],
  [
    'a model fed another one’s inputs',
    'feeds-unknown',
    'logits',
    ['inspect', join(models, 'script.onnx'), '--run', join(models, 'expected-1.npz')],
  ],
  ['a cut safetensors file', 'safetensors-truncated', 'cut.safetensors', ['inspect', 'cut.safetensors']],
  ['a data set to be run', 'bad-usage', '--run', ['inspect', good, '--run', join(models, 'inputs-1.npz')]],
  ['too many files', 'bad-usage', '--data', ['run', 'flows', '--data', good, good, good]],
  ['an unknown setting', 'config-unknown-key', 'step', ['run', 'flows', ...data, '--set', 'step=3']],
  [
    'a name every object has',
    'config-unknown-key',
    '__proto__',
    ['run', 'flows', ...data, '--set', '__proto__=1'],
  ],
  ['a setting without =', 'bad-usage', '--set', ['run', 'flows', ...data, '--set', 'steps']],
  ['a setting below its range', 'config-invalid', 'steps', ['run', 'flows', ...data, '--set', 'steps=0']],
  [
    'a setting above its range',
    'config-invalid',
    'epsilon',
    ['run', 'flows', ...data, '--set', 'epsilon=1e9'],
  ],
  ['NaN', 'config-invalid', 'learningRate', ['run', 'flows', ...data, '--set', 'learningRate=NaN']],
  ['Infinity', 'config-invalid', 'learningRate', ['run', 'flows', ...data, '--set', 'learningRate=Infinity']],
  ['more than a number holds', 'config-invalid', 'steps', ['run', 'flows', ...data, '--set', 'steps=1e999']],
  ['half a step', 'config-invalid', 'steps', ['run', 'flows', ...data, '--set', 'steps=1.5']],
  ['a word for a number', 'config-invalid', 'steps', ['run', 'flows', ...data, '--set', 'steps=many']],
  ['nothing for a number', 'config-invalid', 'steps', ['run', 'flows', ...data, '--set', 'steps=']],
  ['an unknown choice', 'config-invalid', 'coupling', ['run', 'flows', ...data, '--set', 'coupling=magic']],
  ['an unknown device', 'config-invalid', 'device', ['run', 'flows', ...data, '--device', 'abacus']],
  ['a seed out of range', 'bad-usage', 'seed', ['run', 'flows', ...data, '--seed', '9007199254740993']],
  ['a seed that is NaN', 'bad-usage', 'seed', ['run', 'flows', ...data, '--seed', 'NaN']],
  ['too many threads', 'bad-usage', '--threads', ['run', 'flows', ...data, '--threads', '1e9']],
  ['a role of no column', 'bad-usage', '--role z', ['run', 'flows', ...data, '--role', 'z=label']],
  ['an unknown role', 'role-invalid', 'good.csv', ['run', 'flows', ...data, '--role', 'x=banana']],
  [
    'no features left',
    'input-unsuitable',
    'labels.csv',
    // A file of its own: roles are remembered for the contents they were chosen for.
    ['run', 'flows', '--data', labels, '--role', 'x=ignore', '--role', 'y=ignore'],
  ],
  [
    'settings that are no JSON',
    'config-unreadable',
    'torn.json',
    ['run', 'flows', ...data, '--config', 'torn.json'],
  ],
  [
    'settings of a wrong type',
    'config-invalid',
    'steps',
    ['run', 'flows', ...data, '--config', 'types.json'],
  ],
  [
    'runs below a file',
    'folder-unwritable',
    'good.csv',
    ['run', 'flows', ...data, '--out', join(good, 'runs')],
  ],
  ['a run that is not there', 'run-not-found', 'nowhere', ['resume', 'nowhere']],
  ['a folder that is no run', 'run-not-found', 'documents', ['show', join('.', 'documents')]],
  ['a path out of the runs', 'run-not-found', 'etc', ['export', join('..', '..', 'etc'), '--csv']],
  ['a port out of range', 'bad-usage', '--port', ['serve', '--port', '70000']],
];

describe(`${badLines.length} bad command lines`, () => {
  const results = new Map<string, Finished>();
  let before: Record<string, string>;
  beforeAll(async () => {
    writeFileSync(join(box.work, 'cut.safetensors'), new Uint8Array(5));
    writeFileSync(join(box.work, 'torn.json'), '{"steps": 1');
    writeFileSync(join(box.work, 'types.json'), '{"steps": {"a": [1]}}');
    before = box.elsewhere();
    const finished = await box.all(badLines.map(([, , , line]) => line));
    badLines.forEach(([name], i) => results.set(name, finished[i]!));
  });

  it.each(badLines)('%s is %s', (name, code, place) => {
    expectRefusal(results.get(name)!, code, place);
  });

  it('start no run and write nothing elsewhere', () => {
    expect(box.elsewhere()).toEqual(before);
    expect(filesBelow(box.runs)).toEqual({});
  });

  it.runIf(existsSync('/proc/self'))(
    'a place where no folder can be made ends, and does not wait for ever',
    async () => {
      expectRefusal(
        await box.monge('run', 'flows', ...data, '--out', '/proc/runs'),
        'folder-unwritable',
        '/proc',
      );
    },
  );
});

describe('data without enough numbers', () => {
  it.each([
    ['nothing but NaN', 'no-rows', 'NaN,NaN\nnan,1\n2,NaN\n'],
    ['infinite and too large numbers', 'too-few-rows', '1,2\nInfinity,3\n1e999,4\n'],
  ])('%s ends the run with %s, exit 2 and no number', async (_name, code, rows) => {
    const file = join(box.work, `${code}.csv`);
    writeFileSync(file, `x,y\n${rows}`);
    const out = join(box.runs, code);
    const line = ['run', 'flows', '--data', file, ...settings, '--threads', '1', '--out', out, '--json'];
    const finished = await box.monge(...line);
    expect(finished.code, finished.stderr).toBe(2);
    expect(finished.stderr).toMatch(new RegExp(`^${code}: .*rows`, 'm'));
    expect(JSON.parse(finished.stdout)).toMatchObject({ status: 'failed', metrics: {} });
  });
});

type Damage = (run: string) => void;
const state = (run: string) => join(run, 'checkpoint', 'state.json');
const arrays = (run: string) => join(run, 'checkpoint', 'arrays.safetensors');
const record = (run: string) => join(run, 'run.json');
const edit = (change: Record<string, unknown>) => (run: string) =>
  writeFileSync(
    record(run),
    JSON.stringify({ ...(JSON.parse(readFileSync(record(run), 'utf8')) as object), ...change }),
  );

const damages: [name: string, code: string, place: string, damage: Damage][] = [
  ['run.json cut short', 'run-corrupt', 'run.json', (run) => truncateSync(record(run), 200)],
  ['run.json empty', 'run-corrupt', 'run.json', (run) => truncateSync(record(run), 0)],
  ['run.json of another kind', 'run-corrupt', 'run.json', (run) => writeFileSync(record(run), '[1]')],
  ['run.json gone', 'run-corrupt', 'run.json', (run) => rmSync(record(run))],
  ['a negative seed', 'run-corrupt', 'seed', edit({ seed: -1 })],
  ['an unknown method', 'method-unknown', 'magic', edit({ method: 'magic' })],
  ['a setting out of range', 'config-invalid', 'steps', edit({ config: { steps: -5 } })],
  [
    'data that is gone',
    'file-not-found',
    'gone.csv',
    edit({ data: [{ input: 'data', name: 'gone.csv', path: 'gone.csv', sha256: '', rows: 1, roles: {} }] }),
  ],
  ['a checkpoint cut short', 'checkpoint-corrupt', 'checkpoint', (run) => truncateSync(arrays(run), 100)],
  ['a checkpoint with one bit flipped', 'checkpoint-corrupt', 'checkpoint', (run) => flipLast(arrays(run))],
  ['a checkpoint without its arrays', 'checkpoint-corrupt', 'checkpoint', (run) => rmSync(arrays(run))],
  [
    'a checkpoint state that is no JSON',
    'checkpoint-corrupt',
    'checkpoint',
    (run) => writeFileSync(state(run), '{'),
  ],
  [
    'a checkpoint state of another kind',
    'checkpoint-corrupt',
    'checkpoint',
    (run) => writeFileSync(state(run), 'null'),
  ],
];

describe(`a run damaged in ${damages.length} ways`, () => {
  let source: string;
  const copies = new Map<string, { run: string; before: Record<string, string>; finished: Finished }>();

  beforeAll(async () => {
    const whole = await box.monge('run', 'flows', ...data, ...settings, '--threads', '1', '--json');
    expect(whole.code, whole.stderr).toBe(0);
    source = (JSON.parse(whole.stdout) as { dir: string }).dir;
    // As if it had been stopped after its last checkpoint, so that there is something to resume.
    edit({ status: 'stopped', finished: null })(source);
    const prepared = damages.map(([name, , , damage], i) => {
      const run = join(box.runs, `damaged-${i}`, basename(source));
      cpSync(source, run, { recursive: true });
      damage(run);
      return { name, run, before: filesBelow(run) };
    });
    const finished = await box.all(prepared.map(({ run }) => ['resume', run, '--json']));
    prepared.forEach(({ name, ...rest }, i) => copies.set(name, { ...rest, finished: finished[i]! }));
  });

  it.each(damages)('%s: resume says %s and destroys nothing', (name, code, place) => {
    const { run, before, finished } = copies.get(name)!;
    expect(finished.code, finished.stderr).toBe(2);
    expect(finished.stderr).toMatch(new RegExp(`^${code}: `, 'm'));
    expect(finished.stderr).toContain(place);
    expect(finished.stderr).not.toMatch(/^\s+at |internal/m);
    if (finished.stdout !== '') expect(JSON.parse(finished.stdout)).toMatchObject({ error: { code } });
    // A run that had begun to resume notes its failure in its record and its log; all else is as it was.
    const own = ['run.json', 'log.ndjson'];
    const kept = (files: Record<string, string>) =>
      Object.fromEntries(Object.entries(files).filter(([file]) => !own.includes(file)));
    expect(kept(filesBelow(run))).toEqual(kept(before));
    if (code === 'run-corrupt') expect(filesBelow(run)).toEqual(before);
  });

  it('data that changed since is told from the old, and the run stays resumable with the old data', async () => {
    const run = join(box.runs, 'changed', basename(source));
    cpSync(source, run, { recursive: true });
    const old = readFileSync(good);
    writeFileSync(good, `${old.toString()}9,9,a\n`);
    const before = filesBelow(join(run, 'snapshots'));
    const refused = await box.monge('resume', run);
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.stderr).toContain('data-changed: ');
    expect(refused.stderr).toContain('good.csv');
    expect(filesBelow(join(run, 'snapshots'))).toEqual(before);
    writeFileSync(good, old);
    const resumed = await box.monge('resume', run);
    expect(resumed.code, resumed.stderr).toBe(0);
  });

  it('damaged curves do not stop a run: the loss is said, and the damaged file is kept aside', async () => {
    const run = join(box.runs, 'curves', basename(source));
    cpSync(source, run, { recursive: true });
    const file = join(run, 'metrics.ndjson');
    const damaged = readFileSync(file, 'utf8').replace('{"name"', 'xxxxxxx');
    writeFileSync(file, damaged);
    const exported = await box.monge('export', run, '--csv', '--file', join(run, 'artifacts', 'curves.csv'));
    expect(exported.stderr).toContain('1 lines of metrics.ndjson are unreadable');
    const resumed = await box.monge('resume', run);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toContain('metrics.ndjson was damaged: line 1');
    expect(readFileSync(join(run, 'metrics.damaged.ndjson'), 'utf8')).toBe(damaged);
  });

  it('show and export refuse a record that cannot be read', async () => {
    const { run } = copies.get('run.json cut short')!;
    for (const line of [
      ['show', run, '--json'],
      ['export', run],
    ])
      expectRefusal(await box.monge(...line), 'run-corrupt', 'run.json');
  });

  it('nothing was written outside the runs and the workspace', () => {
    expect(Object.keys(box.elsewhere()).filter((name) => !name.startsWith('work/'))).toEqual([]);
  });
});

function flipLast(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
}
