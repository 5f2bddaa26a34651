/** @file Calls that no view makes, each with the code and the place that its refusal must name. */
import { expect } from 'vitest';
import { inputKinds } from '../../contract/inputs';
import type { BrowserView } from './browser';

/** What the attacks need of the server under test; filled in once it runs. */
export interface Target {
  engine: BrowserView;
  /** Id of a data set that is open. */
  good: string;
  /** Id of a run that is done. */
  run: string;
  /** A path below the folder whose files may be opened. */
  inside(name: string): string;
}

export type HostileCall = [name: string, code: string, place: string, attack: () => Promise<unknown>];

/** The bytes as a whole upload. */
export async function upload(at: Pick<Target, 'engine'>, name: string, bytes: Uint8Array): Promise<unknown> {
  const { upload: id } = await at.engine.beginUpload(name, bytes.length);
  await at.engine.appendUpload(id, 0, bytes);
  return at.engine.finishUpload(id);
}

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

export function hostileCalls(at: Target): HostileCall[] {
  const begun = async (bytes = 4) => (await at.engine.beginUpload('a.csv', bytes)).upload;
  const uploaded = async (text: string) => {
    const id = await begun(text.length);
    await at.engine.appendUpload(id, 0, new TextEncoder().encode(text));
    return id;
  };
  const start = (change: Record<string, unknown>) =>
    at.engine.raw('startRun', { method: 'flows', data: { data: at.good }, config: {}, seed: 0, ...change });

  return [
    [
      'openPath up and out',
      'path-not-allowed',
      'secret.csv',
      () => at.engine.openPath(at.inside('../secret.csv')),
    ],
    ['openPath relative', 'path-not-allowed', '..', () => at.engine.openPath('../../etc/passwd')],
    ['openPath absolute', 'path-not-allowed', '/etc/passwd', () => at.engine.openPath('/etc/passwd')],
    ...inputKinds.map((kind): HostileCall => [
      `openPath for ${kind}`,
      'path-not-allowed',
      'secret.csv',
      () => at.engine.openPath(at.inside('../secret.csv'), kind),
    ]),
    [
      'openPath through a link to a file',
      'path-not-allowed',
      'link.csv',
      () => at.engine.openPath(at.inside('link.csv')),
    ],
    [
      'openPath through a link to a folder',
      'path-not-allowed',
      'secret.csv',
      () => at.engine.openPath(at.inside('out/secret.csv')),
    ],
    [
      'openPath with a zero byte',
      'bad-request',
      'openPath(path)',
      () => at.engine.openPath(`${at.inside('good.csv')}\0.png`),
    ],
    ['openPath without a path', 'bad-request', 'openPath(path)', () => at.engine.raw('openPath')],
    ['openPath of a number', 'bad-request', 'openPath(path)', () => at.engine.raw('openPath', 7)],
    [
      'openPath of nothing there',
      'file-not-found',
      'none.csv',
      () => at.engine.openPath(at.inside('none.csv')),
    ],
    ['openPath of a megabyte', 'bad-request', 'openPath(path)', () => at.engine.openPath('x'.repeat(1e6))],
    ['openSample up and out', 'bad-request', 'openSample(id)', () => at.engine.openSample('../../secret')],
    ['openSample unknown', 'sample-unknown', 'constructor', () => at.engine.openSample('constructor')],
    [
      'upload named up and out',
      'bad-request',
      'beginUpload(name)',
      () => at.engine.beginUpload('../x.csv', 4),
    ],
    [
      'upload named with a drive',
      'bad-request',
      'beginUpload(name)',
      () => at.engine.beginUpload('C:\\x.csv', 4),
    ],
    ['upload named with a stream', 'unsafe-name', 'name', () => at.engine.beginUpload('x.csv:y', 4)],
    [
      'upload named with a zero byte',
      'bad-request',
      'beginUpload(name)',
      () => at.engine.beginUpload('x\0.csv', 4),
    ],
    ['upload named like a device', 'unsafe-name', 'name', () => at.engine.beginUpload('CON.csv', 4)],
    ['upload named like nothing', 'bad-request', 'beginUpload(name)', () => at.engine.beginUpload('', 4)],
    ['upload of NaN bytes', 'bad-request', 'beginUpload(bytes)', () => at.engine.beginUpload('a.csv', NaN)],
    ['upload of a petabyte', 'upload-too-large', 'a.csv', () => at.engine.beginUpload('a.csv', 1e15)],
    [
      'piece at a wrong offset',
      'upload-offset',
      'a.csv',
      async () => at.engine.appendUpload(await begun(), 1, new Uint8Array(2)),
    ],
    [
      'piece at a negative offset',
      'bad-request',
      'appendUpload(offset)',
      async () => at.engine.appendUpload(await begun(), -1, new Uint8Array(2)),
    ],
    [
      'piece longer than announced',
      'upload-too-large',
      'a.csv',
      async () => at.engine.appendUpload(await begun(), 0, new Uint8Array(5)),
    ],
    [
      'piece that is text',
      'bad-request',
      'appendUpload(bytes)',
      async () => at.engine.raw('appendUpload', await begun(), 0, 'abcd'),
    ],
    [
      'piece for no upload',
      'upload-not-found',
      'upload',
      () => at.engine.appendUpload('nope', 0, new Uint8Array(2)),
    ],
    [
      'finish of half a file',
      'upload-incomplete',
      'a.csv',
      async () => at.engine.finishUpload(await begun()),
    ],
    [
      'piece after the end',
      'upload-not-found',
      'upload',
      async () => {
        const id = await uploaded('a,b\n1,2\n');
        await at.engine.finishUpload(id);
        return at.engine.appendUpload(id, 8, new Uint8Array(1));
      },
    ],
    [
      'finish twice at once',
      'upload-not-found',
      'upload',
      async () => {
        const id = await uploaded('a,b\n3,4\n');
        const both = await Promise.allSettled([at.engine.finishUpload(id), at.engine.finishUpload(id)]);
        const failed = both.filter((one) => one.status === 'rejected');
        expect(failed).toHaveLength(1);
        throw failed[0]!.reason;
      },
    ],
    ['data set named up and out', 'bad-request', 'dataset(id)', () => at.engine.dataset('../../secret')],
    ['data set unknown', 'dataset-not-found', 'data', () => at.engine.dataset('0123456789abcdef')],
    [
      'rows from a negative offset',
      'bad-request',
      'previewRows(offset)',
      () => at.engine.previewRows(at.good, -1, 5),
    ],
    ['rows without end', 'bad-request', 'previewRows(count)', () => at.engine.previewRows(at.good, 0, 1e9)],
    ['rows by the half', 'bad-request', 'previewRows(count)', () => at.engine.previewRows(at.good, 0, 0.5)],
    [
      'points without end',
      'bad-request',
      'previewPoints(maximum)',
      () => at.engine.previewPoints(at.good, 1e300),
    ],
    ['points of NaN', 'bad-request', 'previewPoints(maximum)', () => at.engine.previewPoints(at.good, NaN)],
    ['images of a table', 'no-images', 'good.csv', () => at.engine.previewImages(at.good, [0])],
    ['a role of no column', 'column-unknown', 'z', () => at.engine.setRoles(at.good, { z: 'label' })],
    [
      'an unknown role',
      'bad-request',
      'setRoles(roles.x)',
      () => at.engine.raw('setRoles', at.good, { x: 'banana' }),
    ],
    ['a run named up and out', 'bad-request', 'run(id)', () => at.engine.run('../../etc')],
    ['a run of no name', 'bad-request', 'run(id)', () => at.engine.run('')],
    ['a run unknown', 'run-not-found', 'run', () => at.engine.run('nope')],
    ['trash of the trash', 'bad-request', 'trashRun(id)', () => at.engine.trashRun('.trash')],
    ['restore of what was not there', 'run-not-found', 'run', () => at.engine.restoreRun('nope')],
    ['resume of no run', 'run-not-found', 'run', () => at.engine.resumeRun('nope')],
    ['stop of no run', 'run-not-found', 'run', () => at.engine.stopRun('nope')],
    ['curves of no run', 'run-not-found', 'run', () => at.engine.curves('nope')],
    ['query of no run', 'run-not-found', 'run', () => at.engine.query('nope', 'display', {})],
    ['figure of no run', 'run-not-found', 'run', () => at.engine.figure('nope', 'weights', {})],
    ['file of no run', 'run-not-found', 'run', () => at.engine.artifact('nope', 'x.txt')],
    [
      'export of an unknown kind',
      'bad-request',
      'exportRun(kind)',
      () => at.engine.raw('exportRun', 'nope', '../x'),
    ],
    ['a new name for no run', 'run-not-found', 'run', () => at.engine.renameRun('nope', { name: 'x' })],
    ['a run of an unknown method', 'method-unknown', 'sgd', () => start({ method: 'sgd' })],
    [
      'a run of a name every object has',
      'bad-request',
      'startRun(request.method)',
      () => start({ method: '__proto__/x' }),
    ],
    ['a run on unknown data', 'dataset-not-found', 'data', () => start({ data: { data: 'nope' } })],
    ['a run without data', 'input-missing', 'data', () => start({ data: {} })],
    [
      'a run with an unknown input',
      'input-unknown',
      'extra',
      () => start({ data: { data: at.good, extra: at.good } }),
    ],
    [
      'a path as a setting',
      'setting-is-input',
      'pairLog',
      () => start({ config: { pairLog: at.inside('../secret.csv') } }),
    ],
    [
      'a path as an input',
      'run-not-found',
      'passwd',
      () => start({ data: { data: at.good, pairs: 'passwd' } }),
    ],
    ['a run with an unknown setting', 'config-unknown-key', 'stepz', () => start({ config: { stepz: 1 } })],
    [
      'a run with NaN steps',
      'bad-request',
      'startRun(request.config.steps)',
      () => start({ config: { steps: NaN } }),
    ],
    ['a run with steps out of range', 'config-invalid', 'steps', () => start({ config: { steps: 0 } })],
    [
      'a run with steps of a wrong type',
      'config-invalid',
      'steps',
      () => start({ config: { steps: { a: 1 } } }),
    ],
    [
      'a run with settings nested deep',
      'bad-request',
      'startRun(request.config.steps)',
      () => start({ config: { steps: nested(40) } }),
    ],
    ['a run with half a seed', 'bad-request', 'startRun(request.seed)', () => start({ seed: 0.5 })],
    ['a run with more than asked for', 'bad-request', 'startRun(request.dir)', () => start({ dir: '/etc' })],
    [
      'settings for a method of no name',
      'method-unknown',
      'toString',
      () => at.engine.resolveConfig('toString', {}, {}),
    ],
    ['a question of no name', 'query-unknown', '__proto__', () => at.engine.query(at.run, '__proto__', {})],
    [
      'a question without arguments',
      'query-invalid',
      'display',
      () => at.engine.query(at.run, 'display', null),
    ],
    [
      'a question for NaN points',
      'query-invalid',
      'count',
      () => at.engine.query(at.run, 'display', { count: NaN }),
    ],
    [
      'a question for points without end',
      'query-invalid',
      'count',
      () => at.engine.query(at.run, 'display', { count: 1e12 }),
    ],
    [
      'a question about a step before the first',
      'query-invalid',
      'step',
      () => at.engine.query(at.run, 'curvature', { step: -1, count: 10, noiseSeed: 0 }),
    ],
    [
      'a question of deep nesting',
      'query-invalid',
      'display',
      () => at.engine.query(at.run, 'display', nested(50)),
    ],
    ['a resume of a run that is done', 'run-finished', 'flows', () => at.engine.resumeRun(at.run)],
    ['a restore over a run', 'run-not-found', 'run', () => at.engine.restoreRun(at.run)],
    ['a call of no method', 'call-unknown', 'formatDisk', () => at.engine.raw('formatDisk')],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'close', 'subscribe'].map(
      (name): HostileCall => [`a call of ${name}`, 'call-unknown', name, () => at.engine.raw(name)],
    ),
    ['a call with arguments too many', 'bad-request', 'hello', () => at.engine.raw('hello', 1, 2, 3)],
    [
      'more calls at once than are answered',
      'too-many-requests',
      'openPath',
      async () => {
        const flood = Array.from({ length: 400 }, () => at.engine.openPath(at.inside('good.csv')));
        const failed = (await Promise.allSettled(flood)).filter((one) => one.status === 'rejected');
        expect(failed).not.toHaveLength(0);
        throw failed[0]!.reason;
      },
    ],
  ];
}
