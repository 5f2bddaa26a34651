/** @file The Probes panel as a person meets it: samples, cells, places, comparisons, statements and directions, against made-up answers. */
import { installBrowserParts } from '../../testing/browser-parts';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError } from '../../engine/error';
import type { InputReference } from '../../../main/rpc/contract';
import { MemoryEngine, method as flows, runRecord } from '../../testing/memory-engine';
import { probesAnswers, type MadeUpProbes } from '../../testing/memory-probes';
import Findings from './inspector/Findings.svelte';
import Headline from './inspector/Headline.svelte';
import ProbesPanel from './ProbesPanel.svelte';
import { probesOf } from './probes.svelte';

beforeEach(() => {
  localStorage.clear();
  installBrowserParts();
});
afterEach(cleanup);

const model: InputReference = {
  ...{ input: 'model', kind: 'model', name: 'tiny', path: '/tiny', sha256: 'ab'.repeat(32) },
};
/** Nothing but tasks and a model is given to it. */
const method = { ...flows, id: 'probes', inputs: [] };
const run = runRecord('1', {
  method: 'probes',
  config: { position: 'last' },
  metrics: { block: 2 },
  inputs: [model],
});

function open(made: MadeUpProbes = {}, change: Record<string, unknown> = {}) {
  const engine = new MemoryEngine();
  engine.replies('probes', probesAnswers(made));
  const onlab = vi.fn(async () => {});
  const give = vi.fn(async () => {});
  const props = { engine, run, dataset: null, compare: [], selection: null, onlab, ...change };
  const view = render(ProbesPanel, {
    ...props,
    ongive: (method: string, input: string) => (method === 'steer' && input === 'maps' ? give : null),
  });
  const asked = (name: string): unknown[] =>
    engine.calls.filter(([call, , query]) => call === 'query' && query === name).map((call) => call[3]);
  return { engine, asked, onlab, give, props, ...view };
}

const matrix = () => screen.findByRole('application', { name: /^Matrix/ });
const press = (where: Element, key: string, shiftKey = false) => fireEvent.keyDown(where, { key, shiftKey });
const cell = async () => (await matrix()).getAttribute('data-cell');
const figure = (name: string) => within(screen.getByRole('region', { name }));

describe('before the first run', () => {
  it('tasks are dropped or taken from the samples, and a single one says what a second would add', async () => {
    const take = vi.fn(async () => {});
    const takeSamples = vi.fn(async () => {});
    let chosen: string[] = [];
    const inputs = {
      ...{ given: () => null, choices: () => [], give: async () => {}, openSample: async () => {} },
      ...{ chosen: (name: string) => (name === 'tasks' ? chosen : []), take, takeSamples },
    };
    const { rerender, props } = open({}, { run: null, inputs, method });
    expect(screen.getByText(/Drop two or more task files/)).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Take the six sample tasks' }));
    expect(takeSamples).toHaveBeenCalledWith('tasks');
    const file = new File(['statement,label'], 'cities.csv');
    const group = screen.getByRole('group', { name: 'Tasks of the first run' });
    const event = await fireEvent.drop(group, { dataTransfer: { types: ['Files'], files: [file] } });
    expect(event).toBe(false);
    await vi.waitFor(() => expect(take).toHaveBeenCalledWith('tasks', [file]));
    chosen = ['cities.csv · 200 × 3'];
    await rerender({ ...props, run: null, method, inputs: { ...inputs } });
    expect(screen.getByText(/a second one would show whether its direction transfers/)).toBeTruthy();
  });
});

describe('the matrix', () => {
  it('is that of the block the run reports; arrow keys walk it, and all figures follow', async () => {
    const { asked } = open();
    await vi.waitFor(async () => expect((await matrix()).getAttribute('data-is')).toBe('whole'));
    expect((await matrix()).getAttribute('data-place')).toBe('lr-l2 2 last');
    expect(await cell()).toBe('0,1');
    expect((await matrix()).getAttribute('data-value')).toBe('0.12');
    expect(await screen.findByText('larger → smaller')).toBeTruthy();
    expect(
      await screen.findByText(/transfers with its sign flipped.*90 % with scale and offset/),
    ).toBeTruthy();
    await press(await matrix(), 'ArrowDown');
    expect(await cell()).toBe('1,1');
    await press(await matrix(), 'ArrowRight');
    await press(await matrix(), 'ArrowRight');
    expect(await cell()).toBe('1,2');
    await vi.waitFor(() =>
      expect(asked('worst').at(-1)).toMatchObject({ train: 1, test: 2, block: 2, groupBy: 'none' }),
    );
  });

  it('holds two cells against each other, and a row or column has its mean', async () => {
    const { engine } = open();
    await screen.findByText('larger → smaller');
    await press(await matrix(), 'ArrowLeft', true);
    expect(
      await screen.findByTitle(/0\.78 more than larger → smaller; their intervals do not meet/),
    ).toBeTruthy();
    await press(await matrix(), 'Escape');
    expect(probesOf(engine).compared).toBeNull();
    await press(await matrix(), 'r');
    expect(await screen.findByText('Trained on larger')).toBeTruthy();
    expect(screen.getByTitle(/mean 0\.32 over 2 other tasks/)).toBeTruthy();
  });

  it('tells cosines and shared supports instead of AUCs', async () => {
    open();
    await screen.findByText('larger → smaller');
    await fireEvent.click(screen.getByRole('radio', { name: 'Cosine' }));
    expect((await matrix()).getAttribute('data-value')).toBe('−0.60');
    await fireEvent.click(screen.getByRole('radio', { name: 'Jaccard' }));
    expect((await matrix()).getAttribute('data-value')).toBe('0.20');
  });
});

describe('places', () => {
  it('block, family and best block are asked of the engine without a run', async () => {
    const { asked, engine } = open();
    await screen.findByText('larger → smaller');
    await fireEvent.input(screen.getByRole('slider', { name: 'Block' }), { target: { value: '0' } });
    await vi.waitFor(() => expect(asked('matrix').at(-1)).toMatchObject({ block: 0 }));
    await fireEvent.click(screen.getByRole('button', { name: /^Best block/ }));
    await vi.waitFor(() => expect(asked('matrix').at(-1)).toMatchObject({ block: 1, position: 'last' }));
    expect(screen.getByText('by validation ✓')).toBeTruthy();
    expect(
      screen.getByTitle(/mean AUC on the tasks’ own validation items, 0\.79; never by a test column/),
    ).toBeTruthy();
    await fireEvent.click(screen.getByRole('radio', { name: 'Mass-mean' }));
    await vi.waitFor(() => expect(asked('matrix').at(-1)).toMatchObject({ family: 'mass-mean' }));
    expect(engine.calls.some(([call]) => call === 'startRun')).toBe(false);
  });

  it('that are not stored need a run', async () => {
    const { asked } = open();
    await screen.findByText('larger → smaller');
    const before = asked('matrix').length;
    await fireEvent.change(screen.getByRole('combobox', { name: 'Position' }), { target: { value: '-5' } });
    expect(await screen.findByText(/not stored: tick it among Positions, then Run/)).toBeTruthy();
    expect(asked('matrix')).toHaveLength(before);
  });

  it('move with the arrow keys over block by position', async () => {
    const { asked } = open();
    await screen.findByText('larger → smaller');
    const map = screen.getByRole('application', { name: /^Block by position/ });
    await press(map, 'ArrowUp');
    await press(map, 'ArrowLeft');
    await vi.waitFor(() => expect(asked('matrix').at(-1)).toMatchObject({ block: 1, position: '-2' }));
  });

  it('of a perceptron have a matrix, and no direction or single scores', async () => {
    open();
    await screen.findByText('larger → smaller');
    await fireEvent.click(screen.getByRole('radio', { name: 'MLP' }));
    expect(await figure('Cell').findByText(/^A perceptron has no direction, and single scores/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Use direction' })).toBeNull();
  });
});

describe('a family that a task cannot have', () => {
  it('shows why, and not the scores of the family before', async () => {
    const { engine } = open();
    await screen.findByText('larger → smaller');
    await screen.findByRole('button', { name: /Fifty is smaller than two/ });
    const refuse = () => {
      throw new EngineError({ code: 'probe-pairs-missing', what: 'no statement has what contradicts it' });
    };
    engine.replies('probes', { scores: refuse, worst: refuse });
    await fireEvent.click(screen.getByRole('radio', { name: 'Mass-mean' }));
    expect((await screen.findAllByText('probe-pairs-missing')).length).toBe(2);
    expect(screen.queryByText('larger → smaller')).toBeNull();
    expect(screen.queryByRole('button', { name: /Fifty is smaller than two/ })).toBeNull();
  });
});

describe('while the run goes on', () => {
  it('only what it has come to is asked for', async () => {
    const active = {
      ...run,
      status: 'running' as const,
      metrics: {},
      progress: { ...run.progress, stage: 'fitting lr-l2, block 1, last' },
    };
    const { asked } = open({ swept: 1 }, { run: active });
    await vi.waitFor(async () => expect((await matrix()).getAttribute('data-place')).toBe('lr-l2 0 last'));
    expect(asked('matrix').every((args) => (args as { block: number }).block === 0)).toBe(true);
    expect(screen.getByRole('button', { name: /^Best block/ })).toHaveProperty('disabled', true);
  });
});

describe('what is handed on', () => {
  it('a statement opens in the lab at the block and token', async () => {
    const { onlab } = open();
    await fireEvent.click(await screen.findByText('Fifty is smaller than two.'));
    await vi.waitFor(() =>
      expect(onlab).toHaveBeenCalledWith(model, { text: 'Fifty is smaller than two.', layer: 2, token: 0 }),
    );
  });

  it('statements by group name the group that errs', async () => {
    const { asked } = open();
    await screen.findByText('Fifty is smaller than two.');
    await fireEvent.change(screen.getByRole('combobox', { name: 'Grouping' }), {
      target: { value: 'entity' },
    });
    await vi.waitFor(() => expect(asked('worst').at(-1)).toMatchObject({ groupBy: 'entity' }));
    expect((await figure('List of worst items').findAllByText('1 of 2')).length).toBe(2);
  });

  it('texts that may offend are blurred until they are asked for', async () => {
    open({ tasks: ['larger', 'toxic_comments', 'cities'] });
    const text = await screen.findByText('Fifty is smaller than two.');
    expect(text.classList.contains('blurred')).toBe(true);
    await fireEvent.click(screen.getByRole('button', { name: 'Show texts' }));
    expect(text.classList.contains('blurred')).toBe(false);
  });

  it('a direction goes to the lab, to Steer, or into a file', async () => {
    const { onlab, give } = open();
    await screen.findByText('larger → smaller');
    const choose = async (entry: string) => {
      const button = await screen.findByRole('button', { name: 'Use direction' });
      await fireEvent.pointerDown(button, { button: 0, pointerType: 'mouse' });
      await fireEvent.click(await screen.findByRole('menuitem', { name: entry }));
    };
    await choose('Map it in the lab');
    await vi.waitFor(() => expect(onlab).toHaveBeenCalledTimes(1));
    expect(onlab.mock.calls[0]).toMatchObject([
      model,
      { layer: 2, direction: { name: 'larger (lr-l2)', hook: 'resid_post:2' } },
    ]);
    await choose('Shift along it with Steer');
    await vi.waitFor(() =>
      expect(give).toHaveBeenCalledWith({ name: 'direction.larger.safetensors', bytes: Uint8Array.of(1, 2) }),
    );
  });
});

describe('the inspector', () => {
  it('has the headline numbers beside what they are held against, tasks, geometry and claims', async () => {
    const { engine } = open({ refused: true });
    await vi.waitFor(async () => expect((await matrix()).getAttribute('data-is')).toBe('whole'));
    render(Headline, { engine, run });
    render(Findings, { engine, run });
    const head = screen.getByRole('region', { name: 'Headline' });
    expect(head.textContent).toMatch(
      /text only 0\.55 · Δ \+0\.25.*0\.80.*range 0\.12 – 0\.52.*0\.40.*chance 0\.080/s,
    );
    expect(screen.getByText(/90 · 2 %, refused/)).toBeTruthy();
    expect(screen.getByText('3/3')).toBeTruthy();
  });
});

describe('the other tabs', () => {
  it('show directions, layers, mixtures and the claims found here', async () => {
    open();
    await screen.findByText('larger → smaller');
    for (const [tab, shown] of [
      ['Directions', 'Cosine, Mahalanobis'],
      ['Layers', 'Silhouette by block'],
      ['Mixtures', 'Explained'],
    ] as const) {
      await fireEvent.click(screen.getByRole('tab', { name: tab }));
      expect(await screen.findByRole('region', { name: shown })).toBeTruthy();
    }
    await fireEvent.click(screen.getByRole('tab', { name: 'Claims' }));
    expect(await screen.findByText('in-task beats cross-task')).toBeTruthy();
  });
});
