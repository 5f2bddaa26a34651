/** @file Hostile requests to a real `monge serve` process: each gets a coded refusal, and the server goes on as if nothing had been asked. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { errorDetail } from '../../native-models/error';
import { malformedFiles } from '../data/testing/malformed';
import { filesBelow, openSandbox } from '../host/testing/sandbox';
import type { ErrorDetail } from '../contract/engine';
import { encodeFrame, MAXIMUM_REQUEST_BYTES } from '../rpc/wire';
import { hostileCalls, upload, type Target } from './testing/attacks';
import { openLink, webSocketFrame, type Browser } from './testing/browser';

const box = openSandbox();
const inside = (name: string) => join(box.work, name);
// Filled in below, once the server runs.
const at = { inside } as Target;
const calls = hostileCalls(at);
let child: ChildProcess;
let pid: number | undefined;
let browser: Browser;
let before: Record<string, string>;
let workspaceBefore: Record<string, string>;
let runsBefore: Record<string, string>;

beforeAll(async () => {
  mkdirSync(inside('broken'));
  for (const { fileName, bytes } of malformedFiles) writeFileSync(inside(`broken/${fileName}`), bytes());
  writeFileSync(join(box.root, 'secret.csv'), 'a,b\n1,2\n');
  symlinkSync(join(box.root, 'secret.csv'), inside('link.csv'));
  symlinkSync(box.root, inside('out'));
  writeFileSync(
    inside('good.csv'),
    `x,y\n${Array.from({ length: 50 }, (_, i) => `${i},${i * i}`).join('\n')}\n`,
  );
  child = box.start(['serve', '--port', '0', '--threads', '1']);
  pid = child.pid;
  browser = await openLink(child);
  at.engine = await browser.open();
  at.good = (await at.engine.openPath(inside('good.csv'))).id;
  const config = { steps: 20, coupling: 'independent', hidden: 8, batchSize: 16, device: 'cpu' };
  at.run = (await at.engine.startRun({ method: 'flows', data: { data: at.good }, config, seed: 0 })).id;
  await vi.waitFor(async () => expect((await at.engine.run(at.run)).status).toBe('done'), {
    timeout: 60_000,
  });
  await at.engine.hello();
  before = box.elsewhere();
  workspaceBefore = filesBelow(box.workspace);
  runsBefore = filesBelow(box.runs);
});
afterAll(async () => {
  at.engine?.socket.terminate();
  if (child && child.exitCode === null) {
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  box.close();
});

async function refusal(call: Promise<unknown>): Promise<ErrorDetail> {
  const answer = await call.then(
    (value) => ({ code: 'NOT REFUSED', what: JSON.stringify(value)?.slice(0, 200) ?? 'undefined' }),
    (thrown: unknown) => errorDetail(thrown),
  );
  expect(answer.code).not.toBe('internal');
  expect(JSON.stringify(answer)).not.toMatch(/\\n\s+at |node:internal/);
  return answer;
}

/** The same process answers a view, old or new. */
async function expectAlive(): Promise<void> {
  expect((await at.engine.hello()).name).toBe('monge');
  expect({ pid: child.pid, exitCode: child.exitCode }).toEqual({ pid, exitCode: null });
}

/** Frames that no view sends; the server ends the connection, and only that one. */
const frames: [name: string, bytes: () => Uint8Array | string, codes: number[]][] = [
  ['text', () => 'hello', [1003]],
  ['an empty frame', () => new Uint8Array(0), [1007]],
  ['garbage', () => Uint8Array.from({ length: 1000 }, (_, i) => (i * 97) & 255), [1007]],
  ['a frame cut short', () => encodeFrame({ t: 'q', i: '1', m: 'hello', a: [] }).subarray(0, 12), [1007]],
  ['a head as long as no frame', () => Uint8Array.of(0x4d, 0x4e, 0x47, 0x31, 255, 255, 255, 255), [1007]],
  ['nesting without end', () => webSocketFrame(`[${'['.repeat(50_000)}${']'.repeat(50_000)},[]]`), [1007]],
  [
    'an array larger than the frame',
    () => webSocketFrame('[{"$":"array","v":0},[["Float64Array",8000000000]]]'),
    [1007],
  ],
  ['a frame above the limit', () => new Uint8Array(MAXIMUM_REQUEST_BYTES + 2 ** 20), [1006, 1009]],
];

const pages: [name: string, expected: number, attack: () => Promise<number>][] = [
  [
    'a page of a foreign origin',
    403,
    () => browser.knock({ cookie: browser.cookie, origin: 'http://evil.example' }),
  ],
  ['a page of no origin', 403, () => browser.knock({ cookie: browser.cookie, origin: 'null' })],
  [
    'a page of another port',
    403,
    () => browser.knock({ cookie: browser.cookie, origin: 'http://127.0.0.1:1' }),
  ],
  [
    'a rebound host name',
    403,
    () => browser.knock({ cookie: browser.cookie, origin: 'http://evil.example', host: 'evil.example' }),
  ],
  ['no cookie', 403, () => browser.knock({ origin: `http://127.0.0.1:${browser.port}` })],
  [
    'a forged cookie',
    403,
    () => browser.knock({ cookie: `${browser.cookie}x`, origin: `http://127.0.0.1:${browser.port}` }),
  ],
  [
    'another socket path',
    403,
    () => browser.knock({ cookie: browser.cookie, origin: `http://127.0.0.1:${browser.port}` }, '/other'),
  ],
  ['a wrong token', 401, async () => (await browser.get('/?token=wrong')).status],
  ['the token a second time', 401, async () => (await browser.get(`/?token=${browser.token}`)).status],
  [
    'a wrong host header',
    403,
    async () => (await browser.get('/', { cookie: browser.cookie, host: 'evil.example' })).status,
  ],
  [
    'a file out of the view',
    404,
    async () => (await browser.get('/..%2f..%2fpackage.json', { cookie: browser.cookie })).status,
  ],
];

const refused = calls.length + frames.length + pages.length;
const uploaded = malformedFiles.filter((_, i) => i % 2 === 0);
const opened = malformedFiles.filter((_, i) => i % 2 === 1);

describe(`a server under ${refused} hostile requests and ${malformedFiles.length} malformed files`, () => {
  it.each(calls)('%s is %s', async (_name, code, place, attack) => {
    const detail = await refusal(attack());
    expect(detail).toMatchObject({ code });
    expect(JSON.stringify(detail)).toContain(place);
    await expectAlive();
  });

  it.each(frames)('%s ends that connection only', async (_name, bytes, codes) => {
    const { socket } = await browser.open();
    const closed = new Promise<number>((resolve) => socket.on('close', resolve).on('error', () => undefined));
    socket.send(bytes(), () => undefined);
    expect(codes).toContain(await closed);
    await expectAlive();
  });

  it.each(pages)('%s gets %d', async (_name, expected, attack) => {
    expect(await attack()).toBe(expected);
    await expectAlive();
  });

  it.each(uploaded)('uploaded: $name is $code', async ({ fileName, bytes, code, place }) => {
    const detail = await refusal(upload(at, fileName, bytes()));
    expect(detail).toMatchObject({ code, where: place ?? {} });
    expect(detail.where?.file).toContain(fileName);
    await expectAlive();
  });

  it.each(opened)('opened in place: $name is $code', async ({ fileName, code, place }) => {
    const detail = await refusal(at.engine.openPath(inside(`broken/${fileName}`)));
    expect(detail).toMatchObject({ code, where: place ?? {} });
    expect(detail.where?.file).toContain(fileName);
    await expectAlive();
  });

  it('has written nothing outside its folders, started no run, and kept no broken upload', async () => {
    expect(box.elsewhere()).toEqual(before);
    expect((await at.engine.listRuns()).map(({ id }) => id)).toEqual([at.run]);
    expect(filesBelow(box.runs)).toEqual(runsBefore);
    // Two of the attacks uploaded a whole table; pieces of files that never came whole wait in `.incoming`.
    const added = Object.keys(filesBelow(box.workspace)).filter((name) => !(name in workspaceBefore));
    const kept = added.filter((name) => !name.startsWith('uploads/.incoming/'));
    expect(
      kept.every((name) => name.endsWith('/a.csv')),
      kept.join(),
    ).toBe(true);
    expect(kept).toHaveLength(2);
    expect(existsSync(join(box.root, 'x.csv'))).toBe(false);
    expect((await at.engine.previewRows(at.good, 0, 1)).rows).toEqual([[0, 0]]);
  });
});
