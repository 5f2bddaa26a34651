/** @file A method without a panel of its own: its figures, curves, numbers, settings and files are there without a line of Svelte. */
import { installBrowserParts } from '../../../testing/browser-parts';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { plot } from '../../../../figures/plot';
import type { MethodInfo } from '../../../../main/rpc/contract';
import type { EngineClient } from '../../../engine/client';
import { datasetInfo, MemoryEngine, method, runRecord } from '../../../testing/memory-engine';
import { panelOf } from '../..';
import { familiesOf, startsLogarithmic } from './families';

beforeEach(() => {
  localStorage.clear();
  installBrowserParts();
});
afterEach(cleanup);

const probe: MethodInfo = {
  ...method,
  id: 'probe',
  title: 'Linear probe',
  summary: 'Fits a line.',
  metrics: [{ name: 'accuracy', title: 'accuracy', headline: true }],
  figures: [
    {
      name: 'weights',
      title: 'Weights',
      help: 'One per feature.',
      fields: [{ ...method.fields[0]!, key: 'top', title: 'Top', default: 3 }],
    },
  ],
};
const run = runRecord('1', {
  method: 'probe',
  metrics: { accuracy: 0.91 },
  config: { steps: 40 },
  artifacts: ['weights.csv', 'probe.bin'],
});

function open(change: Record<string, unknown> = {}) {
  const engine = new MemoryEngine();
  const draw = vi.fn((args: { top?: number }) =>
    plot({
      title: 'Weights',
      x: 'feature',
      y: 'weight',
      marks: [{ kind: 'bars', label: 'weight', from: [0, 1], width: 0.8, heights: [1, args.top ?? 2] }],
    }),
  );
  engine.answers.set('figure.weights', draw as (args: unknown) => unknown);
  const props = {
    engine: engine as EngineClient,
    method: probe,
    run,
    dataset: datasetInfo('ring.csv', 20),
    compare: [],
    selection: null,
    ...change,
  };
  return { engine, draw, ...render(panelOf('probe'), props) };
}

it('shows what the method draws and its curves, live', async () => {
  const { container, engine } = open();
  const figure = within(await screen.findByRole('region', { name: 'Weights' }));
  await vi.waitFor(() => expect(container.querySelector('[data-marks="1"]')).toBeTruthy());
  expect(figure.getByText('weight', { selector: 'li' })).toBeTruthy();
  const curve = () => container.querySelector('[data-step]')?.getAttribute('data-step');
  await vi.waitFor(() => expect(curve()).toBe('1'));
  engine.emit('metrics', '1', [{ name: 'loss', step: 7, value: 0.2 }]);
  await vi.waitFor(() => expect(curve()).toBe('7'));
  expect(screen.getByRole('region', { name: 'loss' })).toBeTruthy();
});

it('asks a figure again for what a person chooses, and when the run goes on', async () => {
  const { draw, rerender } = open();
  await vi.waitFor(() => expect(draw).toHaveBeenCalledTimes(1));
  const choice = await screen.findByLabelText('Top');
  await fireEvent.input(choice, { target: { value: '5' } });
  await fireEvent.blur(choice);
  await vi.waitFor(() => expect(draw.mock.calls.at(-1)![0]).toEqual({ top: 5 }));
  const asked = draw.mock.calls.length;
  await rerender({ run: { ...run, snapshots: [0, 1000, 2000] } });
  await vi.waitFor(() => expect(draw.mock.calls.length).toBe(asked + 1));
});

it('says what the engine refuses beside the figure', async () => {
  const { engine } = open({ run: null });
  expect(screen.getByText(/Fits a line\. Run starts it on ring\.csv/)).toBeTruthy();
  cleanup();
  engine.answers.set('figure.weights', () => {
    throw Object.assign(new Error('no'), { detail: { code: 'no-snapshot', what: 'nothing to draw from' } });
  });
  render(panelOf('probe'), {
    engine: engine,
    method: probe,
    run,
    dataset: null,
    compare: [],
    selection: null,
  });
  expect((await screen.findByRole('alert')).textContent).toContain('nothing to draw from');
});

it('lists numbers with their words, the settings, and files that can be looked at', async () => {
  const { engine } = open();
  await fireEvent.click(screen.getByRole('tab', { name: 'Numbers' }));
  expect(screen.getByRole('rowheader', { name: 'accuracy' })).toBeTruthy();
  expect(screen.getByText('40')).toBeTruthy();
  await fireEvent.click(screen.getByRole('tab', { name: 'Files' }));
  expect(screen.getAllByRole('button', { name: 'Save' })).toHaveLength(2);
  await fireEvent.click(screen.getByRole('button', { name: 'Look' }));
  expect(await screen.findByText('weights.csv of 1')).toBeTruthy();
  expect(
    engine.calls.some(([call, id, name]) => call === 'artifact' && id === '1' && name === 'weights.csv'),
  ).toBe(true);
});

it('puts curves of a family in one figure, and steep ones on a logarithmic axis', () => {
  expect(familiesOf(['loss', 'rate', 'loss.held'])).toEqual([
    { family: 'loss', names: ['loss', 'loss.held'] },
    { family: 'rate', names: ['rate'] },
  ]);
  expect(startsLogarithmic(Float64Array.of(100, 1, 2))).toBe(true);
  expect(startsLogarithmic(Float64Array.of(100, 1, 0))).toBe(false);
  expect(startsLogarithmic(Float64Array.of(3, 1, 2))).toBe(false);
});
