/** @file The Samples tab against an engine in memory: classes, guidance, and a picture's nearest training images. */
import { installBrowserParts } from '../../../testing/browser-parts';
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ArgumentsOf, RunRecord } from '../../../../main/rpc/contract';
import type { EngineClient } from '../../../engine/client';
import { runRecord } from '../../../testing/memory-engine';
import { FlowsState } from '../flows.svelte';
import { SamplesState } from './samples.svelte';
import SamplesTab from './SamplesTab.svelte';

type GenerationArguments = Omit<ArgumentsOf<'flows', 'samples'>, 'evaluations' | 'count'>;

beforeEach(installBrowserParts);
afterEach(cleanup);

const image = { height: 1, width: 1, channels: 1 };
const names = ['cat', 'dog'];

/** One grey pixel per picture: the class, or 9 without one. */
async function answer(name: string, args: GenerationArguments & { count: number; evaluations: number[] }) {
  const asked = args.label ?? 'none';
  const rows =
    asked === 'each'
      ? names.map((text, label) => ({ label, name: text }))
      : [asked === 'none' ? { label: null, name: '' } : { label: asked, name: names[asked]! }];
  const { count } = args;
  const base = { step: 100, image, count, rows };
  if (name === 'samples') {
    const pictures = rows.flatMap(({ label }) => Array.from({ length: count }, () => label ?? 9));
    const pixels = Uint8Array.from(args.evaluations.flatMap(() => pictures));
    return { ...base, evaluations: args.evaluations, classes: names, guidance: args.guidance ?? 1, pixels };
  }
  if (name === 'interpolation') return { ...base, path: 'circle', pixels: new Uint8Array(count) };
  if (name !== 'nearest') throw new Error(name);
  return {
    ...base,
    neighbours: 2,
    generated: new Uint8Array(count),
    pixels: new Uint8Array(2 * count),
    dataRows: Uint32Array.from({ length: 2 * count }, (_, k) => k),
    distances: Float32Array.from({ length: 2 * count }, (_, k) => 100 * k),
    labels: null,
  };
}

function open(config: RunRecord['config'], compare: RunRecord[] = []) {
  const query = vi.fn(async (_run: string, name: string, args: unknown) => answer(name, args as never));
  const engine = { api: { query } } as unknown as EngineClient;
  const run = runRecord('1', { config, snapshots: [0, 100] });
  const flows = new FlowsState(() => ({ engine, run, dataset: null, compare, selection: null }));
  const { container } = render(SamplesTab, { samples: new SamplesState(flows) });
  const last = (name: string) => query.mock.calls.findLast((call) => call[1] === name)?.[2];
  const drawn = () => container.querySelector('[data-label]')!.getAttribute('data-checksum');
  return { query, last, drawn };
}

it('asks a flow without classes for none, and shows no picker', async () => {
  const { last } = open({ condition: 'none' });
  await vi.waitFor(() => expect(last('samples')).toMatchObject({ count: 8, step: 100 }));
  expect(last('samples')).not.toHaveProperty('label');
  expect(last('samples')).not.toHaveProperty('guidance');
  expect(screen.queryByRole('radiogroup', { name: 'Class' })).toBeNull();
});

it('shows a row per class, then one class, more strongly pulled', async () => {
  const { last, drawn } = open({ condition: 'label' });
  const dog = await screen.findByRole('radio', { name: 'dog' });
  expect(last('samples')).toMatchObject({ label: 'each', count: 1 });
  const before = drawn();
  await fireEvent.click(dog);
  await vi.waitFor(() => expect(last('samples')).toMatchObject({ label: 1, count: 8 }));
  await vi.waitFor(() => expect(drawn()).not.toBe(before));
  expect(dog.getAttribute('aria-checked')).toBe('true');
  await fireEvent.input(screen.getByRole('slider', { name: 'Guidance' }), { target: { value: '3' } });
  await vi.waitFor(() => expect(last('samples')).toMatchObject({ label: 1, guidance: 3 }));
  await fireEvent.keyDown(screen.getByRole('radiogroup', { name: 'Class' }), { key: 'ArrowLeft' });
  await vi.waitFor(() => expect(last('samples')).toMatchObject({ label: 0 }));
});

it('finds the nearest training images of the picture that is chosen', async () => {
  const { last, query } = open({ condition: 'none' }, [runRecord('2', { name: 'second' })]);
  const grid = await screen.findByRole('application', { name: /^Samples/ });
  await vi.waitFor(() => expect(query.mock.calls.filter((call) => call[1] === 'samples')).toHaveLength(2));
  await fireEvent.keyDown(grid, { key: 'ArrowRight' });
  await vi.waitFor(() => expect(last('nearest')).toMatchObject({ evaluations: 1, count: 1, neighbours: 8 }));
  await fireEvent.keyDown(grid, { key: 'ArrowRight' });
  await vi.waitFor(() => expect(last('nearest')).toMatchObject({ evaluations: 2 }));
  // The second line is the same noise made by the compared run.
  await fireEvent.keyDown(grid, { key: 'ArrowDown' });
  await vi.waitFor(() => expect(query.mock.calls.findLast((call) => call[1] === 'nearest')![0]).toBe('2'));
});
