/** @file The Steering panel as a person meets it: texts and hooks, two columns, the strength, the sweep, files; against made-up answers. */
import { installBrowserParts } from '../../testing/browser-parts';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GenerateRequest, RunRecord, SteeringDivergenceRequest } from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import { datasetInfo, MemoryEngine, method, runRecord } from '../../testing/memory-engine';
import { memoryMaps, steerAnswers, type MadeUpSteer } from '../../testing/memory-steer';
import type { PanelInputs } from '../shell/panel';
import SteerHead from './SteerHead.svelte';
import SteerPanel from './SteerPanel.svelte';

const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });

beforeEach(() => {
  localStorage.clear();
  installBrowserParts();
  Object.assign(globalThis, { CSS: { escape: (text: string) => text } });
});
afterEach(cleanup);

const given = (input: string, name: string) => {
  const { sha256, path, rows } = datasetInfo(name, 512);
  return { kind: 'dataset' as const, input, name, path, sha256, rows, roles: {} };
};
const run = runRecord('1', {
  method: 'steer',
  config: { subject: 'texts', mainLambda: 0.8, level: 'fp32', from: '', to: '' },
  inputs: [given('source', 'everyday.jsonl'), given('target', 'football.jsonl')],
});

function open(made: MadeUpSteer = {}, change: { run?: RunRecord | null } & Record<string, unknown> = {}) {
  const engine = new MemoryEngine();
  engine.replies('steer', steerAnswers(made));
  const sides: Record<string, ReturnType<typeof datasetInfo> | null> = {
    source: datasetInfo('everyday.jsonl', 512),
    target: datasetInfo('football.jsonl', 512),
  };
  const model = engine.lab.info('tiny.gguf');
  const inputs = {
    given: (name) => {
      if (name === 'model') return { id: model.id, name: model.name, dataset: null, model };
      const dataset = sides[name];
      return dataset ? { id: dataset.id, name: dataset.name, dataset, model: null } : null;
    },
    choices: () => [{ id: 'other', title: 'toxic subset · 40 × 1' }],
    give: vi.fn(() => Promise.resolve()),
    chosen: () => [],
    take: vi.fn(() => Promise.resolve()),
    takeSamples: vi.fn(() => Promise.resolve()),
    openSample: vi.fn(() => Promise.resolve()),
  } satisfies PanelInputs;
  const onset = vi.fn();
  const props = {
    ...{ engine: engine as EngineClient, run, dataset: sides.source!, compare: [], selection: null },
    ...{ method: { ...method, id: 'steer', inputs: [], exports: { model: true, training: false } } },
    ...{ settings: { hooks: '' }, inputs, onset, ...change },
  };
  const view = render(SteerPanel, props);
  const asked = <T>(kind: string): T[] =>
    engine.calls.flatMap(([call, , ...rest]) => {
      const request = rest.at(-1) as { kind?: string };
      return call.startsWith('language') && request.kind === kind ? [request as T] : [];
    });
  return { engine, inputs, onset, asked, props, ...view };
}

const texts = (container: Element) => container.querySelector<HTMLElement>('.texts')!;
const slider = () => screen.getByRole<HTMLInputElement>('slider', { name: 'Strength λ' });
const done = (container: Element) => until(() => expect(texts(container).dataset.running).toBe('false'));

describe('before a run', () => {
  it('two fields take the texts, the sample pair is offered, and only unsteered words are written', async () => {
    const { container, inputs, asked } = open({}, { run: null });
    const start = within(screen.getByRole('region', { name: 'Texts to steer by' }));
    expect(start.getByRole('button', { name: /Texts you have.*everyday\.jsonl/s })).toBeTruthy();
    await fireEvent.drop(start.getByRole('button', { name: /Texts you want/ }), {
      dataTransfer: { types: ['Files'], files: [new File(['a'], 'b.txt')] },
    });
    expect(inputs.take).toHaveBeenCalledWith('target', [expect.objectContaining({ name: 'b.txt' })]);
    await fireEvent.click(start.getByRole('button', { name: /everyday → football/ }));
    await until(() => expect(inputs.openSample).toHaveBeenLastCalledWith('source', 'everyday'));
    await until(() => expect(texts(container).dataset.rows).toBe('3'));
    await done(container);
    expect(texts(container).dataset.columns).toBe('1');
    expect(asked<GenerateRequest>('generate').every(({ steering }) => steering === undefined)).toBe(true);
  });
});

describe('the two columns', () => {
  it('go on from the same prompt and seeds, without and with the maps, and tell the KL of every token', async () => {
    const { container, asked } = open();
    await until(() => expect(texts(container).dataset.columns).toBe('2'));
    await until(() => expect(container.querySelectorAll('.differs[data-token]').length).toBeGreaterThan(0));
    await until(() => expect(asked('steering-divergence')).toHaveLength(3));
    const requests = asked<GenerateRequest>('generate');
    const steered = requests.filter(({ steering }) => steering);
    expect(steered.map(({ sampling }) => sampling.seed)).toEqual([7, 8, 9]);
    expect(steered[0]!.steering).toMatchObject({ lambda: 0.8, first: true });
    expect(steered[0]!.steering!.maps).toHaveLength(3);
    const [first] = asked<SteeringDivergenceRequest>('steering-divergence');
    // The steered text, and what the same strength would do to the unsteered one.
    expect(first!.texts).toHaveLength(2);
    expect(first!.texts.every((text) => text.startsWith('Once upon a time'))).toBe(true);
    await until(() => expect(container.textContent).toMatch(/of \d+ tokens differ/));
    expect(container.querySelectorAll('.first[data-token]').length).toBeGreaterThan(0);
  });

  it('are written anew when the strength moves, the unsteered one from memory; arrow keys move it too', async () => {
    const { container, asked } = open();
    await until(() => expect(asked('steering-divergence')).toHaveLength(3));
    await done(container);
    const before = asked<GenerateRequest>('generate').length;
    await fireEvent.input(slider(), { target: { value: '0.4' } });
    await until(() => expect(asked('steering-divergence')).toHaveLength(6));
    const again = asked<GenerateRequest>('generate').slice(before);
    expect(again.map(({ steering }) => steering?.lambda)).toEqual([0.4, 0.4, 0.4]);
    await fireEvent.keyDown(document.body, { key: 'ArrowRight' });
    await until(() => expect(slider().value).toBe('0.45'));
  });

  it('become three with another strength, and one again when that is removed', async () => {
    const { container } = open();
    await until(() => expect(texts(container).dataset.columns).toBe('2'));
    await fireEvent.click(screen.getByRole('button', { name: '+ column at another λ' }));
    await until(() => expect(texts(container).dataset.columns).toBe('3'));
    expect(screen.getByRole<HTMLInputElement>('spinbutton', { name: 'Strength of column 2' }).value).toBe(
      '0.86',
    );
    await fireEvent.click(screen.getByRole('button', { name: 'Remove column 2' }));
    await until(() => expect(texts(container).dataset.columns).toBe('2'));
  });

  it('tell what could stand at a token before and after, by keyboard', async () => {
    const { container, asked } = open();
    await until(() => expect(asked('steering-divergence')).toHaveLength(3));
    await done(container);
    const line = screen.getByRole('group', { name: /^seed 7, λ 0\.80/ });
    await fireEvent.keyDown(line, { key: 'ArrowRight' });
    expect(await screen.findByText('without steering')).toBeTruthy();
    expect(screen.getByText('with steering')).toBeTruthy();
    await fireEvent.keyDown(line, { key: 'Escape' });
    expect(screen.queryByText('without steering')).toBeNull();
  });

  it('run with the maps fitted so far, and say how many these are', async () => {
    const { container, asked } = open({ fitted: 2 });
    await until(() => expect(texts(container).dataset.columns).toBe('2'));
    expect(screen.getAllByText(/2 of 3 hooks/).length).toBeGreaterThan(0);
    await until(() =>
      expect(asked<GenerateRequest>('generate').some(({ steering }) => steering?.maps.length === 2)).toBe(
        true,
      ),
    );
  });

  it('are covered where texts may hurt, until they are asked for', async () => {
    const { container } = open({ offensive: true });
    await until(() => expect(container.querySelector('.covered')).toBeTruthy());
    await fireEvent.click(screen.getByRole('button', { name: /continuations may be offensive/ }));
    expect(container.querySelector('.covered')).toBeNull();
  });
});

describe('the strength', () => {
  it('is safe up to what was calibrated, and says in amber where it is not', async () => {
    open();
    expect(await screen.findByText('safe to 0.86')).toBeTruthy();
    await fireEvent.input(slider(), { target: { value: '1.2' } });
    const word = await screen.findByText('beyond 0.86: side effects not covered');
    expect(word.classList.contains('warn')).toBe(true);
  });

  it('goes to 1.5, and to 3 once it is unlocked', async () => {
    open();
    expect(slider().max).toBe('1.5');
    await fireEvent.click(screen.getByRole('button', { name: /Allow strengths beyond/ }));
    expect(slider().max).toBe('3');
    await fireEvent.input(slider(), { target: { value: '2.5' } });
    await fireEvent.click(screen.getByRole('button', { name: /Allow strengths beyond/ }));
    expect(slider().value).toBe('1.5');
  });

  it('stands over the settings with what it brings about and costs', async () => {
    const { engine } = open();
    const head = render(SteerHead, { engine });
    await until(() =>
      expect(head.container.textContent).toMatch(/presence at λ 1\.00.*λ 0: 5 % · Δ \+40.*45/s),
    );
    expect(head.container.textContent).toMatch(/largest safe λ.*90 %, 256 held-out prompts.*0\.86/s);
  });
});

describe('texts and hooks', () => {
  it('few texts are told in amber, files can be dropped on either side, and the sides change places', async () => {
    const { inputs } = open({ given: 32 });
    expect(await screen.findByText('32 texts: w ± 0.18 by chance')).toBeTruthy();
    await fireEvent.drop(screen.getByRole('group', { name: 'Texts you want' }), {
      dataTransfer: { types: ['Files'], files: [new File(['a'], 'c.jsonl')] },
    });
    expect(inputs.take).toHaveBeenCalledWith('target', [expect.objectContaining({ name: 'c.jsonl' })]);
    await fireEvent.click(screen.getByRole('button', { name: 'Swap the text sets' }));
    await until(() => expect(inputs.give).toHaveBeenCalledTimes(2));
    expect(inputs.give).toHaveBeenNthCalledWith(1, 'target', datasetInfo('everyday.jsonl', 1).id);
  });

  it('a named subset can be either side', async () => {
    const { inputs } = open();
    const trigger = within(screen.getByRole('group', { name: 'Texts you have' })).getByRole('button');
    await fireEvent.pointerDown(trigger, { button: 0, pointerType: 'mouse' });
    await fireEvent.click(await screen.findByRole('menuitemcheckbox', { name: /toxic subset/ }));
    await until(() => expect(inputs.give).toHaveBeenCalledWith('source', 'other'));
  });

  it('a click takes a hook out of the next fit and looks at it; what was left out cannot be chosen', async () => {
    const { onset } = open();
    const cell = (name: RegExp) => screen.getByRole('option', { name });
    await until(() => expect(cell(/block 0 · norm_mlp_in · W₂/).getAttribute('aria-selected')).toBe('true'));
    await fireEvent.pointerDown(cell(/block 0 · norm_mlp_in/), { button: 0 });
    expect(onset).toHaveBeenLastCalledWith({ hooks: 'norm_attn_in:0-1' });
    onset.mockClear();
    await fireEvent.pointerDown(cell(/block 1 · norm_mlp_in · left out: the hook is dead/), { button: 0 });
    expect(onset).not.toHaveBeenCalled();
  });
});

describe('units, the sweep and files', () => {
  it('units are stepped through by arrow keys in the chosen order', async () => {
    const { container } = open();
    const view = () => container.querySelector<HTMLElement>('[data-unit]')!;
    await until(() => expect(view().dataset.unit).toBe('5'));
    await fireEvent.keyDown(view(), { key: 'ArrowRight' });
    await until(() => expect(view().dataset.unit).toBe('0'));
    await fireEvent.change(screen.getByRole('combobox', { name: 'Order of the units' }), {
      target: { value: 'auroc' },
    });
    await until(() => expect(view().dataset.unit).toBe('9'));
  });

  it('the texts of a strength are read, with the words that count lit', async () => {
    open();
    await fireEvent.click(screen.getByRole('tab', { name: 'Sweep' }));
    const reading = await screen.findByRole('table', { name: 'Texts of this strength' });
    expect(within(reading).getAllByText('players')).toHaveLength(3);
    await fireEvent.click(screen.getByRole('button', { name: '0.00' }));
    await until(() => expect(screen.queryByText('players')).toBeNull());
    expect(screen.getAllByText(/the soup needs salt/).length).toBe(3);
  });

  it('a control vector is not offered where the maps scale, and says why', async () => {
    open({ scales: true });
    await screen.findByText('safe to 0.86');
    await fireEvent.pointerDown(screen.getByRole('button', { name: 'Export' }), {
      button: 0,
      pointerType: 'mouse',
    });
    const entry = await screen.findByRole('menuitem', { name: /Control vector/ });
    expect(entry.getAttribute('aria-disabled')).toBe('true');
    expect(entry.textContent).toContain('the maps scale: a vector only adds');
  });

  it('maps of a file take the place of the run’s until they are let go', async () => {
    const { container, asked } = open();
    await until(() => expect(texts(container).dataset.columns).toBe('2'));
    await fireEvent.pointerDown(screen.getByRole('button', { name: 'Export' }), {
      button: 0,
      pointerType: 'mouse',
    });
    await fireEvent.click(await screen.findByRole('menuitem', { name: /Steer with a file of maps/ }));
    const maps = memoryMaps(1).map((map) => ({
      ...map,
      ...Object.fromEntries((['w', 'beta', 'lo', 'hi', 'units'] as const).map((key) => [key, [...map[key]]])),
    }));
    const text = JSON.stringify({ maps, recipe: { first: false } });
    const file = new File([text], 'mine.safetensors');
    // The files of jsdom cannot be read.
    Object.defineProperty(file, 'arrayBuffer', { value: () => new Response(text).arrayBuffer() });
    await fireEvent.change(screen.getByLabelText('File of maps'), { target: { files: [file] } });
    await until(() => expect(screen.getByText('maps of mine.safetensors')).toBeTruthy());
    await until(() =>
      expect(asked<GenerateRequest>('generate').at(-1)!.steering).toMatchObject({
        first: false,
        lambda: 0.8,
      }),
    );
    expect(asked<GenerateRequest>('generate').at(-1)!.steering!.maps).toHaveLength(1);
    await fireEvent.click(screen.getByRole('button', { name: 'Let the maps of the file go' }));
    expect(screen.queryByText('maps of mine.safetensors')).toBeNull();
  });
});
