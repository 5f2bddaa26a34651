/** @file The model view as a person uses it: open, walk, collapse, enter a body, search, profile, export. */
import '../testing/browser-parts';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import Workbench from '../app/Workbench.svelte';
import { EngineError } from '../engine/error';
import { AppState } from '../state/app.svelte';
import { Settings } from '../state/settings.svelte';
import { MemoryEngine } from '../testing/memory-engine';
import { forgetProfile, modelInfo } from '../testing/memory-models';

beforeEach(() => {
  localStorage.clear();
  forgetProfile();
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

async function openApp(engine = new MemoryEngine()) {
  const app = new AppState(engine, new Settings());
  await app.workspace.restore();
  render(Workbench, { props: { app, onretry: () => {} } });
  return { app, engine };
}

async function openModel() {
  const all = await openApp();
  await fireEvent.drop(window, {
    dataTransfer: { types: ['Files'], items: [], files: [new File(['x'], 'net.onnx')] },
  });
  const tree = await screen.findByRole('tree');
  await within(tree).findByRole('treeitem', { name: /block layer/ });
  return { ...all, tree };
}

const chosen = () => screen.queryByRole('treeitem', { selected: true })?.getAttribute('aria-label');
const press = (tree: HTMLElement, key: string) => fireEvent.keyDown(tree, { key });

test('a dropped model opens in the model view, and stays open over a reload', async () => {
  const { app, engine } = await openModel();
  expect(app.workspace.view).toBe('model');
  expect(document.title).toBe('net.onnx – Monge');
  expect(app.workspace.dataset).toBeNull();
  const facts = screen.getByRole('complementary', { name: 'Model facts' });
  expect(facts.textContent).toMatch(/opset 21.*3 \+ 2 in bodies/s);
  const again = new AppState(engine, new Settings());
  await again.workspace.restore();
  expect([again.workspace.view, again.workspace.models.page?.info.name]).toEqual(['model', 'again.onnx']);
});

test('the empty view says what to drop and offers samples', async () => {
  const { app } = await openApp();
  await fireEvent.click(screen.getByRole('button', { name: 'Model' }));
  expect(screen.getByText(/Drop a GGUF, a safetensors folder or an ONNX file/)).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: /Tiny/ }));
  await screen.findByRole('tree');
  expect(app.workspace.models.page?.info.sample).toBe('tiny');
});

test('arrow keys walk, Enter expands, Backspace collapses again', async () => {
  const { tree } = await openModel();
  await press(tree, 'ArrowDown');
  expect(chosen()).toMatch(/^input x/);
  await press(tree, 'ArrowDown');
  expect(chosen()).toMatch(/^block layer, .*2 nodes/);
  await press(tree, 'Enter');
  expect(await screen.findByRole('treeitem', { name: /expanded block layer/ })).toBeTruthy();
  await press(tree, 'ArrowDown');
  expect(chosen()).toMatch(/^node MatMul/);
  expect((await screen.findByRole('region', { name: 'Chosen box' })).textContent).toMatch(
    /MatMul.*layer\/MatMul/s,
  );
  await screen.findByText(/4,000 numbers, 16 kB/);
  await press(tree, 'Backspace');
  await screen.findByRole('treeitem', { name: /^block layer/, selected: true });
});

test('a body opens from its node and from the offer, and breadcrumbs lead back', async () => {
  const { tree, app } = await openModel();
  await fireEvent.click(screen.getByRole('button', { name: 'Open the body' }));
  await vi.waitFor(() => expect(tree.getAttribute('data-graph')).toBe('1'));
  expect(screen.queryByRole('button', { name: 'Open the body' })).toBeNull();
  await press(tree, 'Escape');
  await vi.waitFor(() => expect(tree.getAttribute('data-graph')).toBe('0'));
  expect(app.workspace.models.page?.chosen).toBe('n2');
  await press(tree, 'Enter');
  await vi.waitFor(() => expect(tree.getAttribute('data-graph')).toBe('1'));
  const trail = screen.getByRole('navigation', { name: 'Where in the model' });
  await fireEvent.click(within(trail).getByRole('button', { name: 'main' }));
  await vi.waitFor(() => expect(tree.getAttribute('data-graph')).toBe('0'));
});

test('plus, minus and zero zoom; a drag pans and opens nothing', async () => {
  const { tree, app } = await openModel();
  const scale = () => Number(tree.getAttribute('data-scale'));
  const before = scale();
  await press(tree, '-');
  expect(scale()).toBeLessThan(before);
  await press(tree, '+');
  await press(tree, '+');
  expect(scale()).toBeGreaterThan(before);
  const shift = tree.getAttribute('data-shift');
  tree.setPointerCapture = () => {};
  const block = screen.getByRole('treeitem', { name: /^block layer/ });
  await fireEvent.pointerDown(block, { button: 0, clientX: 10, clientY: 10 });
  await fireEvent.pointerMove(block, { clientX: 80, clientY: 40 });
  await fireEvent.pointerUp(block);
  expect(tree.getAttribute('data-shift')).not.toBe(shift);
  expect(app.workspace.models.page?.chosen).toBeNull();
});

test('a search leads to a node inside a collapsed block', async () => {
  await openModel();
  const field = screen.getByRole('combobox', { name: 'Find nodes' });
  await fireEvent.keyDown(document.body, { key: '/' });
  expect(document.activeElement).toBe(field);
  await fireEvent.input(field, { target: { value: 'matm' } });
  expect(await screen.findByRole('option', { name: /MatMul/ })).toBeTruthy();
  await fireEvent.keyDown(field, { key: 'Enter' });
  await screen.findByRole('treeitem', { name: /^node MatMul/, selected: true });
  await fireEvent.input(field, { target: { value: 'zzz' } });
  expect(await screen.findByText('No node is called that.')).toBeTruthy();
});

test('a profile shows times on boxes, and the slowest nodes lead to their place', async () => {
  const { engine } = await openModel();
  const panel = screen.getByRole('region', { name: 'Profile' });
  const size = within(panel).getByLabelText('batch');
  await fireEvent.change(size, { target: { value: '64' } });
  await fireEvent.click(within(panel).getByRole('button', { name: 'Profile' }));
  await screen.findByRole('treeitem', { name: /^block layer.*2 ms · 50 %/ });
  expect(engine.calls.find(([name]) => name === 'profileModel')?.[2]).toEqual({
    sizes: { batch: 64 },
    runs: 5,
    optimisation: 'basic',
  });
  expect(screen.getByRole('img', { name: /Colour scale.*2 ms/ })).toBeTruthy();
  expect(panel.textContent).toMatch(/4 of 5/);
  await fireEvent.click(within(panel).getByRole('button', { name: 'layer/MatMul' }));
  await screen.findByRole('treeitem', { name: /^node MatMul/, selected: true });
});

test('a profile that fails or is stopped is told where it was asked for', async () => {
  const { engine } = await openModel();
  const panel = screen.getByRole('region', { name: 'Profile' });
  let end: (error: unknown) => void = () => {};
  vi.spyOn(engine.api, 'profileModel').mockImplementation(
    () => new Promise((_resolve, reject) => (end = reject)),
  );
  await fireEvent.click(within(panel).getByRole('button', { name: 'Profile' }));
  await fireEvent.click(within(panel).getByRole('button', { name: 'Stop profiling' }));
  expect(within(panel).getByRole('button', { name: 'Stopping after this run' })).toHaveProperty(
    'disabled',
    true,
  );
  end(new EngineError({ code: 'profile-stopped', what: 'the profile was stopped' }));
  await screen.findByText('The profile was stopped.');
  await fireEvent.click(within(panel).getByRole('button', { name: 'Profile' }));
  end(new EngineError({ code: 'profile-failed', what: 'ONNX Runtime could not run this model' }));
  expect((await within(panel).findByRole('alert')).textContent).toContain('could not run this model');
});

test('a run leads to its model', async () => {
  const { app, engine } = await openApp();
  await app.workspace.openRunModel('r7', 'training');
  await screen.findByRole('tree');
  expect(engine.calls).toContainEqual(['openRunModel', 'r7', 'training']);
  expect(app.workspace.models.page?.info.run).toBe('r7');
});

test('a checkpoint without a graph shows its facts and its tensors, filtered by name', async () => {
  const { app, engine } = await openApp();
  const tensors = ['norm', 'layers.0.up'].map((name) => ({
    name,
    dtype: 'Q4_1',
    shape: [64, 32],
    bytes: 1280,
  }));
  engine.api.modelTensors = async () => tensors;
  app.workspace.showModel({
    ...modelInfo('tiny.gguf'),
    format: 'gguf',
    graphs: [],
    mainBody: null,
    checkpoint: {
      ...{
        file: '/models/tiny.gguf',
        format: 'gguf',
        files: ['/models/tiny.gguf'],
        metadata: {},
        family: 'mamba',
      },
      ...{
        sizes: { layers: 2 },
        parameters: 4096,
        bytes: 2560,
        types: [{ type: 'Q4_1', tensors: 2, bytes: 2560 }],
      },
      ...{ tokenizer: 'gpt2', chatTemplate: true, licence: 'apache-2.0' },
      problem: { code: 'gguf-architecture', what: 'models of this family cannot be read' },
      notices: [],
    },
  });
  const list = await screen.findByRole('list', { name: 'Tensors' });
  await within(list).findByText('norm');
  expect(
    within(list)
      .getAllByRole('listitem')
      .map((row) => row.textContent),
  ).toEqual([expect.stringMatching(/norm.*Q4_1.*64 × 32/), expect.stringContaining('layers.0.up')]);
  const facts = screen.getByRole('complementary', { name: 'Model facts' });
  expect(facts.textContent).toMatch(/GGUF · mamba.*layers.*2.*gpt2, chat template.*apache-2.0/s);
  expect(within(facts).getByRole('alert').textContent).toMatch(/models of this family cannot be read/i);
  await fireEvent.input(screen.getByRole('searchbox', { name: 'Filter tensors' }), {
    target: { value: 'UP' },
  });
  expect(screen.getByText('1 of 2')).toBeTruthy();
});
