/** @file Inputs beside the open data set: chosen, opened, dropped, taken back, kept over a reload, and sent with Run. */
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { InputInfo, StartRequest } from '../../main/rpc/contract';
import { AppState } from '../state/app.svelte';
import { Settings } from '../state/settings.svelte';
import { installBrowserParts } from '../testing/browser-parts';
import { MemoryEngine, method, runRecord } from '../testing/memory-engine';
import { giverOf, PanelInputsOf } from './panel-inputs';
import Workbench from './Workbench.svelte';

beforeEach(() => {
  localStorage.clear();
  installBrowserParts();
});
afterEach(cleanup);

const about = (name: string, title: string) => ({
  name,
  title,
  help: `${title}?`,
  optional: true,
  without: 'None',
});
const inputs: InputInfo[] = [
  ...method.inputs,
  { ...about('source', 'Source'), kind: 'dataset', needs: 'features' },
  { ...about('pairs', 'Pairs'), kind: 'run', method: 'flows', files: ['artifacts/pairs-*.bin'] },
  { ...about('extractor', 'Extractor'), kind: 'model', onlyWhen: { key: 'steps', values: [500, 1000] } },
  { ...about('concepts', 'Concepts'), kind: 'vectors', several: true },
];

async function open(engine = new MemoryEngine()) {
  engine.methods[0] = { ...method, inputs };
  engine.runs.set('1', runRecord('1', { artifacts: ['pairs-0.bin'] }));
  engine.runs.set('2', runRecord('2'));
  engine.runs.set('3', runRecord('3', { artifacts: ['pairs-0.bin'], status: 'running' }));
  const app = new AppState(engine, new Settings());
  await app.workspace.restore();
  render(Workbench, { props: { app, onretry: () => {} } });
  if (!app.workspace.dataset) await app.workspace.openSample('moons');
  app.workspace.go('flows');
  return { app, engine };
}

const choice = (name: string) => screen.findByRole<HTMLSelectElement>('combobox', { name });
const titles = (select: HTMLSelectElement) => [...select.options].map(({ text }) => text.trim());
const choose = async (name: string, value: string) =>
  fireEvent.change(await choice(name), { target: { value } });
const drop = (target: Element, files: File[]) =>
  fireEvent.drop(target, { dataTransfer: { types: ['Files'], files, items: [], getData: () => '' } });
const file = (name: string) => new File([new Uint8Array([1])], name);

test('a run is chosen among those that have what is used, goes with Run, and Undo takes it back', async () => {
  const { app, engine } = await open();
  expect(titles(await choice('Pairs'))).toEqual(['None', 'run 1 · done']);
  await choose('Pairs', '1');
  await app.workspace.start();
  const started = engine.calls.find(([call]) => call === 'startRun')![1] as StartRequest;
  expect(started.data).toEqual({ data: app.workspace.dataset?.id, pairs: '1' });
  app.undo.undo();
  expect((await choice('Pairs')).value).toBe('');
  app.undo.redo();
  expect((await choice('Pairs')).value).toBe('1');
  engine.emit('runRemoved', '1');
  await vi.waitFor(async () => expect((await choice('Pairs')).value).toBe(''));
});

test('a file dropped on an input is opened as its kind, and is no data set of the window', async () => {
  const { app, engine } = await open();
  const shown = app.workspace.dataset;
  await drop(await screen.findByRole('group', { name: 'Extractor' }), [file('net.onnx')]);
  await vi.waitFor(async () => expect(titles(await choice('Extractor'))).toContain('net.onnx'));
  expect((await choice('Extractor')).value).not.toBe('');
  expect(engine.calls.filter(([call]) => call === 'finishUpload').at(-1)).toEqual([
    'finishUpload',
    'upload-0',
    'model',
  ]);
  expect(app.workspace.dataset).toBe(shown);
  expect(app.workspace.view).toBe('flows');
});

test('an input is asked for only where the settings use it', async () => {
  const { app } = await open();
  await choice('Extractor');
  app.workspace.draft.set('steps', 5);
  await vi.waitFor(() => expect(screen.queryByRole('combobox', { name: 'Extractor' })).toBeNull());
});

test('several are listed, added from a path, and removed one by one', async () => {
  const { app, engine } = await open();
  const [, , , , concepts] = app.workspace.methods[0]!.inputs;
  for (const path of ['/data/a.npy', '/data/b.npy']) {
    app.askForPath({ method: app.workspace.methods[0]!, input: concepts! });
    const dialog = await screen.findByRole('dialog', { name: /^Concepts/ });
    await fireEvent.input(within(dialog).getByRole('textbox'), { target: { value: path } });
    await fireEvent.click(within(dialog).getByRole('button', { name: 'Open' }));
    await vi.waitFor(() => expect(app.dialog).toBeNull());
  }
  expect(engine.calls).toContainEqual(['openPath', '/data/a.npy', 'vectors']);
  await fireEvent.click(await screen.findByRole('button', { name: 'Remove a.npy · some' }));
  await app.workspace.start();
  const started = engine.calls.find(([call]) => call === 'startRun')![1] as StartRequest;
  expect(started.data).toMatchObject({ concepts: ['id-b.npy'] });
});

test('where several data sets are taken the open one is no input by itself: all stand in the list', async () => {
  const engine = new MemoryEngine();
  const { app } = await open(engine);
  const tasks: InputInfo = { ...about('tasks', 'Tasks'), kind: 'dataset', needs: 'text', several: true };
  app.workspace.methods = [{ ...method, inputs: [tasks] }];
  const opened = app.workspace.dataset!.id;
  const other = await engine.api.openPath('/data/other.csv');
  app.workspace.datasets.byId.set(other.id, other as never);
  const shown = titles(await choice('Tasks'));
  expect(shown.filter((title) => title.includes(app.workspace.dataset!.name))).toHaveLength(1);
  for (const id of [opened, other.id]) await choose('Tasks', id);
  await app.workspace.start();
  const started = engine.calls.find(([call]) => call === 'startRun')![1] as StartRequest;
  expect(started.data).toEqual({ tasks: [opened, other.id] });
});

test('a reload keeps what was chosen, as an older version stored it too', async () => {
  const { app, engine } = await open();
  const other = await engine.api.openPath('/data/other.csv');
  app.workspace.datasets.byId.set(other.id, other as never);
  await choose('Source', other.id);
  await choose('Pairs', '1');
  cleanup();
  await open(engine);
  expect([(await choice('Source')).value, (await choice('Pairs')).value]).toEqual([other.id, '1']);
  cleanup();
  const key = Object.keys(localStorage).find((name) => name.endsWith('workspace'))!;
  const stored = JSON.parse(localStorage.getItem(key)!) as object;
  localStorage.setItem(key, JSON.stringify({ ...stored, further: { source: other.id } }));
  await open(engine);
  expect([(await choice('Source')).value, (await choice('Pairs')).value]).toEqual([other.id, '']);
});

test('the open data set is the text of a method that must have one and takes no data set', async () => {
  const engine = new MemoryEngine();
  const text: InputInfo = { ...about('text', 'Text'), kind: 'text', optional: false };
  engine.methods.push({ ...method, id: 'tiny-lm', title: 'Tiny LM', inputs: [text] });
  const { app } = await open(engine);
  app.workspace.go('tiny-lm');
  await vi.waitFor(() => expect(screen.queryByRole('combobox', { name: 'Text' })).toBeNull());
  await app.workspace.start();
  const started = engine.calls.find(([call]) => call === 'startRun')![1] as StartRequest;
  expect(started).toMatchObject({ method: 'tiny-lm', data: { text: app.workspace.dataset?.id } });
});

test('a panel sees what is chosen, opens files and samples as an input, and hands a file to another method', async () => {
  const { app, engine } = await open();
  const panel = new PanelInputsOf(app, engine.methods[0]!);
  expect(panel.chosen('concepts')).toEqual([]);
  await panel.take('concepts', [file('a.safetensors'), file('b.safetensors')]);
  expect(panel.chosen('concepts')).toEqual(['a.safetensors · some', 'b.safetensors · some']);
  await panel.takeSamples('source');
  expect(panel.chosen('source')[0]).toMatch(/^moons\.csv/);
  expect(panel.chosen('nothing')).toEqual([]);
  app.workspace.go('data');
  expect(giverOf(app, 'flows', 'direction')).toBeNull();
  await giverOf(app, 'flows', 'concepts')!({ name: 'c.safetensors', bytes: Uint8Array.of(1) });
  expect(app.workspace.view).toBe('flows');
  expect(panel.chosen('concepts')).toHaveLength(3);
});
