/** @file From a sample to a run and back, as the state sees it. */
/* eslint-disable @typescript-eslint/unbound-method -- the contract's methods use no this */
import { beforeEach, expect, test, vi } from 'vitest';
import { EngineError } from '../engine/error';
import { MemoryEngine, runRecord } from '../testing/memory-engine';
import { installBrowserParts } from '../testing/browser-parts';
import { AppState } from './app.svelte';
import { Settings } from './settings.svelte';

beforeEach(() => {
  localStorage.clear();
  installBrowserParts();
});

async function openApp(engine = new MemoryEngine()) {
  const app = new AppState(engine, new Settings());
  await app.workspace.restore();
  return { app, engine };
}

const startRequests = (engine: MemoryEngine) =>
  engine.calls.filter(([name]) => name === 'startRun').map(([, one]) => one);

test('a sample opens the data view, offers Run, and Run goes to its method with only what is needed', async () => {
  const { app, engine } = await openApp();
  await app.workspace.openSample('moons');
  expect([app.workspace.view, app.workspace.canRun]).toEqual(['data', true]);
  await app.workspace.start();
  expect(app.workspace.view).toBe('flows');
  expect(app.workspace.run?.status).toBe('running');
  expect(startRequests(engine)).toEqual([
    {
      method: 'flows',
      data: { data: app.workspace.dataset?.id },
      config: { steps: 500 },
      seed: 0,
      name: 'run 1',
    },
  ]);
});

test('what the person set wins over the sample, and marks the fields that need a run', async () => {
  const { app, engine } = await openApp();
  await app.workspace.openSample('moons');
  await app.workspace.start();
  expect(app.workspace.draft.changedSince(app.workspace.run).size).toBe(0);
  app.workspace.draft.set('steps', 2000);
  expect([...app.workspace.draft.changedSince(app.workspace.run)]).toEqual(['steps']);
  await app.workspace.start();
  expect(startRequests(engine).at(-1)).toMatchObject({ config: { steps: 2000 } });
  app.undo.undo();
  expect(app.workspace.draft.given).toEqual({});
});

test('a setting out of range is said at its field', async () => {
  const { app } = await openApp();
  await app.workspace.openSample('moons');
  app.workspace.draft.set('steps', -1);
  await vi.waitFor(() => expect(app.workspace.draft.errors.steps).toContain('from 1 to 100000'));
});

test('what kept a run from starting is said until its setting is another, or another run starts', async () => {
  const { app, engine } = await openApp();
  await app.workspace.openSample('moons');
  const { startRun } = engine.api;
  const refuse = (where?: { key: string }) => () =>
    Promise.reject(new EngineError({ code: 'config-invalid', what: 'this is too much', where }));
  const refuseWith = (start: typeof startRun) =>
    Object.defineProperty(engine.api, 'startRun', { value: start });

  refuseWith(refuse({ key: 'steps' }));
  await app.workspace.start();
  await app.workspace.draft.resolve();
  expect(app.notices.items).toHaveLength(1);
  app.workspace.draft.set('steps', 20);
  await vi.waitFor(() => expect(app.notices.items).toEqual([]));

  refuseWith(refuse());
  await app.workspace.start();
  app.workspace.draft.set('steps', 30);
  await app.workspace.draft.resolve();
  expect(app.notices.items).toHaveLength(1);
  refuseWith(startRun);
  await app.workspace.start();
  expect(app.notices.items).toEqual([]);
});

test('a reload shows what was open: data, run, view, settings', async () => {
  const { app, engine } = await openApp();
  await app.workspace.openSample('moons');
  app.workspace.draft.set('steps', 700);
  await app.workspace.start();
  const again = (await openApp(engine)).app;
  expect(again.workspace.view).toBe('flows');
  expect(again.workspace.run?.id).toBe(app.workspace.run?.id);
  expect(again.workspace.draft.given).toEqual({ steps: 700 });
});

test('a trashed run comes back by the notice’s Undo', async () => {
  const engine = new MemoryEngine();
  engine.runs.set('1', runRecord('1'));
  const { app } = await openApp(engine);
  await app.runs.trash(['1']);
  expect(app.runs.list).toEqual([]);
  app.notices.items[0]?.action?.run();
  await vi.waitFor(() => expect(app.runs.list.map((run) => run.id)).toEqual(['1']));
});

test('dropped files are sent whole and in order; labels go before their images, images are shown', async () => {
  const { app, engine } = await openApp();
  const bytes = Uint8Array.from({ length: 2_500_000 }, (_, index) => index % 251);
  await app.open([
    new File([bytes], 'train-images-idx3-ubyte'),
    new File([bytes.slice(0, 10)], 'train-labels-idx1-ubyte'),
  ]);
  const received = [...engine.uploads.values()];
  expect(received.map((one) => one.name)).toEqual(['train-labels-idx1-ubyte', 'train-images-idx3-ubyte']);
  expect(received[1]?.bytes).toHaveLength(bytes.length);
  expect(app.workspace.dataset?.name).toBe('train-images-idx3-ubyte');
  // They lie in one folder there, where the labels become a column of the images and no data set beside them.
  expect(new Set(received.map((one) => one.group)).size).toBe(1);
  expect(app.workspace.datasets.recent.map((one) => one.name)).toEqual(['train-images-idx3-ubyte']);
});

test('a file dropped alone needs no folder of its own, one without images is shown', async () => {
  const { app, engine } = await openApp();
  await app.open([new File([new Uint8Array(10)], 'train-labels-idx1-ubyte')]);
  expect([...engine.uploads.values()][0]?.group).toBeUndefined();
  expect(app.workspace.dataset?.name).toBe('train-labels-idx1-ubyte');
});

test('roles that the person corrects can be undone', async () => {
  const { app } = await openApp();
  await app.workspace.openSample('moons');
  const role = () => app.workspace.dataset?.columns[0]?.role;
  await app.workspace.datasets.setRole(app.workspace.dataset!.id, 'x', 'ignore');
  expect(role()).toBe('ignore');
  app.undo.undo();
  await vi.waitFor(() => expect(role()).toBe('feature'));
});

test('a run that changes elsewhere changes here', async () => {
  const { app, engine } = await openApp();
  engine.emit('runChanged', runRecord('7', { name: 'from the command line' }));
  expect(app.runs.list[0]?.name).toBe('from the command line');
  engine.emit('runRemoved', '7');
  expect(app.runs.list).toEqual([]);
});
