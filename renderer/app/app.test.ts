/** @file The workbench as a person meets it: by role and name, against an engine in memory. */
import { installBrowserParts } from '../testing/browser-parts';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppState } from '../state/app.svelte';
import { Settings } from '../state/settings.svelte';
import { datasetInfo, MemoryEngine, method, runRecord } from '../testing/memory-engine';
import Workbench from './Workbench.svelte';

beforeEach(() => {
  localStorage.clear();
  installBrowserParts();
});
afterEach(cleanup);

async function open(engine = new MemoryEngine()) {
  const app = new AppState(engine, new Settings());
  await app.workspace.restore();
  render(Workbench, { props: { app, onretry: () => {} } });
  return { app, engine };
}

const button = (name: string | RegExp) => screen.getByRole('button', { name });

test('the welcome page offers the drop zone, the samples and a remote engine', async () => {
  await open();
  expect(screen.getByText('Drop data or a model')).toBeTruthy();
  expect(button(/^Two moons/)).toBeTruthy();
  await fireEvent.click(button('Connect to an engine…'));
  const dialog = screen.getByRole('dialog', { name: 'Connect to an engine' });
  await fireEvent.click(within(dialog).getByRole('button', { name: 'Connect' }));
  expect(within(dialog).getByRole('alert').textContent).toContain('monge serve');
});

test('Run waits for data; a sample shows its columns, and a role can be corrected', async () => {
  const { app } = await open();
  expect((button('Run') as HTMLButtonElement).disabled).toBe(true);
  await fireEvent.click(button(/^Two moons/));
  expect(await screen.findByRole('region', { name: 'Data preview' })).toBeTruthy();
  expect((button('Run') as HTMLButtonElement).disabled).toBe(false);
  const role = screen.getByRole('combobox', { name: 'Role of x' });
  await fireEvent.change(role, { target: { value: 'ignore' } });
  await vi.waitFor(() => expect(app.workspace.dataset?.columns[0]?.role).toBe('ignore'));
});

test('Run goes to a setting that is wrong instead of raising a notice, and starts once it is right', async () => {
  const { app, engine } = await open();
  await fireEvent.click(button(/^Two moons/));
  await screen.findByRole('region', { name: 'Data preview' });
  app.inspectorShown = false;
  app.workspace.draft.set('steps', -1);
  await fireEvent.click(button('Run'));
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('steps')));
  expect(app.notices.items).toEqual([]);
  expect(engine.calls.some(([name]) => name === 'startRun')).toBe(false);
  app.workspace.draft.set('steps', 20);
  await fireEvent.click(button('Run'));
  await vi.waitFor(() => expect(app.workspace.run?.config.steps).toBe(20));
});

test('Stop acts on what runs, and becomes Resume', async () => {
  const engine = new MemoryEngine();
  engine.runs.set('1', runRecord('1', { status: 'running' }));
  const { app } = await open(engine);
  app.workspace.runId = '1';
  await fireEvent.click(button('Stop'));
  expect(engine.calls).toContainEqual(['stopRun', '1']);
  await fireEvent.click(await screen.findByRole('button', { name: 'Resume' }));
  expect(engine.calls).toContainEqual(['resumeRun', '1']);
});

test('the palette opens by keyboard, finds a view, and goes there', async () => {
  const engine = new MemoryEngine();
  engine.runs.set('1', runRecord('1'));
  const { app } = await open(engine);
  await fireEvent.keyDown(window, { key: 'k', ctrlKey: true });
  const box = await screen.findByRole('combobox', { name: /Search commands/ });
  await fireEvent.input(box, { target: { value: 'go to runs' } });
  await fireEvent.keyDown(box, { key: 'Enter' });
  expect(app.workspace.view).toBe('runs');
  expect(within(await screen.findByRole('list', { name: 'Runs' })).getAllByRole('listitem')).toHaveLength(1);
});

test('two files of the same contents are two rows of the welcome page and of the palette', async () => {
  const engine = new MemoryEngine();
  const first = datasetInfo('ring.csv', 60);
  engine.datasets.set('first', first);
  engine.datasets.set('second', { ...first, name: 'copy.csv', path: '/data/copy.csv' });
  await open(engine);
  expect(button(/^ring\.csv/) && button(/^copy\.csv/)).toBeTruthy();
  await fireEvent.keyDown(window, { key: 'k', ctrlKey: true });
  const box = await screen.findByRole('combobox', { name: /Search commands/ });
  await fireEvent.input(box, { target: { value: '.csv' } });
  expect(screen.getByRole('option', { name: /ring\.csv/ })).toBeTruthy();
  await fireEvent.pointerMove(screen.getByRole('option', { name: /copy\.csv/ }));
  const marked = document.getElementById(box.getAttribute('aria-activedescendant') ?? '');
  expect(marked?.textContent).toContain('copy.csv');
});

test('a further method has its entry in the rail, its key and its panel', async () => {
  const engine = new MemoryEngine();
  engine.methods.push({
    ...method,
    id: 'conformal',
    title: 'Sets',
    summary: 'Sets that hold the truth.',
  });
  const { app } = await open(engine);
  const entry = within(screen.getByRole('navigation', { name: 'Views' })).getByRole('button', {
    name: 'Sets',
  });
  expect(entry.getAttribute('aria-current')).toBeNull();
  await fireEvent.keyDown(window, { key: '4' });
  expect(app.workspace.view).toBe('conformal');
  expect(entry.getAttribute('aria-current')).toBe('page');
  expect(screen.getByText(/Sets that hold the truth\. Drop a table/)).toBeTruthy();
});

test('runs are filtered by any of their words', async () => {
  const engine = new MemoryEngine();
  engine.runs.set('1', runRecord('1', { name: 'sharp one', config: { steps: 10 } }));
  engine.runs.set('2', runRecord('2', { name: 'blunt one', config: { steps: 20 } }));
  const { app } = await open(engine);
  app.workspace.go('runs');
  const box = await screen.findByRole('searchbox', { name: 'Filter runs' });
  await fireEvent.input(box, { target: { value: 'steps=20' } });
  const list = screen.getByRole('list', { name: 'Runs' });
  expect(
    within(list)
      .getAllByRole('listitem')
      .map((item) => item.textContent),
  ).toEqual([expect.stringContaining('blunt one')]);
});

test('a failure says what, where and what to do', async () => {
  const { app } = await open();
  app.notices.fail('Could not open ring.csv', {
    code: 'csv-ragged-row',
    what: 'a row has too many values',
    where: { file: 'ring.csv', row: 12 },
    help: 'remove the comma at its end',
  });
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('ring.csv, row 12');
  expect(alert.textContent).toContain('Remove the comma');
});

test('a lost engine is said, and what needs it is off', async () => {
  const engine = new MemoryEngine();
  const lost = new MemoryEngine();
  lost.connected = false;
  const app = new AppState(engine, new Settings());
  await app.workspace.restore();
  Object.defineProperty(app, 'engine', { value: lost });
  render(Workbench, { props: { app, onretry: () => {} } });
  expect(screen.getByRole('alert').textContent).toContain('cannot be reached');
  expect(button('Stop').hasAttribute('disabled')).toBe(true);
});

test('a server that was started anew asks for its new link', async () => {
  const engine = new MemoryEngine();
  const app = new AppState(engine, new Settings());
  await app.workspace.restore();
  engine.connected = false;
  engine.sessionOver = true;
  render(Workbench, { props: { app, onretry: () => {} } });
  expect(screen.getByRole('alert').textContent).toMatch(/new\s+link/);
});
