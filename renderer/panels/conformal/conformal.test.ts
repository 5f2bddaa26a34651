/** @file The Conformal sets panel as a person meets it: level, scores, rows and tabs, against made-up answers. */
import { installBrowserParts } from '../../testing/browser-parts';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DatasetInfo } from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import { conformalAnswers, type MadeUp } from '../../testing/memory-conformal';
import { datasetInfo, MemoryEngine, runRecord } from '../../testing/memory-engine';
import ConformalPanel from './ConformalPanel.svelte';
import type { RegionsRequest } from './conformal.svelte';

beforeEach(() => {
  localStorage.clear();
  installBrowserParts();
});
afterEach(cleanup);

const run = runRecord('1', { method: 'conformal', config: { alpha: 0.1 } });

function dataset(): DatasetInfo {
  const info = datasetInfo('enb.csv', 60);
  return {
    ...info,
    columns: ['area', 'Y1', 'Y2'].map((name) => ({ ...info.columns[0]!, name })),
  };
}

function open(made: MadeUp = {}, change: Record<string, unknown> = {}) {
  const engine = new MemoryEngine();
  engine.replies('conformal', conformalAnswers(made));
  const choose = vi.fn();
  const selection = { hovered: null, chosen: new Set<number>(), hover: vi.fn(), choose };
  const view = render(ConformalPanel, {
    engine: engine as EngineClient,
    run,
    dataset: dataset(),
    compare: [],
    selection,
    ...change,
  });
  const asked = (name: string): unknown[] =>
    engine.calls.filter(([call, , query]) => call === 'query' && query === name).map((call) => call[3]);
  return { engine, asked, choose, ...view };
}

const stage = (container: Element) => container.querySelector('[data-stage="conformal"]')!;
const areas = (container: Element) => stage(container).getAttribute('data-area')!.split(' ').map(Number);
const figure = (name: string) => within(screen.getByRole('region', { name }));
const chip = (name: RegExp) => screen.getByRole('button', { name });

async function goTo(tab: string): Promise<void> {
  await fireEvent.click(await screen.findByRole('tab', { name: tab }));
}

describe('before the first run', () => {
  it('the targets that the form names are drawn, and Run is explained', async () => {
    const { asked } = open({}, { run: null, settings: { targets: ['last:2'], alpha: 0.05 } });
    expect(await screen.findByRole('region', { name: 'Targets' })).toBeTruthy();
    expect(screen.getByText(/Run predicts Y1, Y2 .* of enb\.csv.* 95 % of cases/)).toBeTruthy();
    expect(asked('overview')).toEqual([]);
    expect(screen.queryByRole('button', { name: 'Export' })).toBeNull();
  });
});

describe('while the first split is not done', () => {
  it('the stage says what it waits for, and every sign of progress asks again', async () => {
    const engine = new MemoryEngine();
    engine.replies('conformal', { overview: () => null });
    const running = runRecord('1', {
      method: 'conformal',
      status: 'running',
      progress: { stage: 'training ridge', step: 1, steps: 9, secondsLeft: null, stepsPerSecond: null },
    });
    const props = { engine: engine as EngineClient, dataset: dataset(), compare: [], selection: null };
    const { rerender } = render(ConformalPanel, { ...props, run: running });
    expect(await screen.findByText('Comes when the first split is calibrated.')).toBeTruthy();
    expect(screen.getByText(/Training ridge · 1 of 9/)).toBeTruthy();
    const count = (): number => engine.calls.filter(([, , query]) => query === 'overview').length;
    await vi.waitFor(() => expect(count()).toBe(1));
    await rerender({ ...props, run: { ...running, progress: { ...running.progress, step: 2 } } });
    await vi.waitFor(() => expect(count()).toBe(2));
  });
});

describe('the regions', () => {
  it('are asked again when the level changes, without a run, and grow with it', async () => {
    const { container, asked, engine } = open();
    await vi.waitFor(() => expect(stage(container).getAttribute('data-regions')).toBe('3'));
    const before = areas(container);
    const slider = screen.getByRole('slider', { name: 'Miscoverage α' });
    expect(slider.getAttribute('aria-valuetext')).toBe('α .10, 90 % sets');
    await fireEvent.input(slider, { target: { value: String(Math.log10(0.02)) } });
    await vi.waitFor(() => {
      const now = areas(container);
      expect(now.every((area, k) => area > before[k]!)).toBe(true);
    });
    expect(asked('regions').at(-1)).toMatchObject({ alpha: 0.02, row: 0, pair: [0, 1], through: 'slice' });
    expect(screen.getByText('98 % sets')).toBeTruthy();
    expect(engine.calls.some(([call]) => call === 'startRun')).toBe(false);
  });

  it('are everything below 1/(n+1), in words', async () => {
    const { container } = open();
    await vi.waitFor(() => expect(stage(container)).toBeTruthy());
    const slider = screen.getByRole('slider', { name: 'Miscoverage α' });
    await fireEvent.input(slider, { target: { value: '-3' } });
    expect(await screen.findByText(/Below α \.0086 a set is everything: 115 calibration rows/)).toBeTruthy();
    await vi.waitFor(() => expect(stage(container).getAttribute('data-regions')).toBe('0'));
    expect(screen.getAllByText('everything').length).toBe(3);
  });

  it('show up to five scores, each with its guarantee in its name', async () => {
    const { asked } = open();
    await screen.findByRole('group', { name: 'Scores on show' });
    expect(chip(/^OTCP, guaranteed/).getAttribute('aria-pressed')).toBe('true');
    await fireEvent.click(chip(/^OT-CP\+, in the limit/));
    await fireEvent.click(chip(/^Copula box, no guarantee/));
    expect((chip(/^L2 ball/) as HTMLButtonElement).disabled).toBe(true);
    await fireEvent.click(chip(/^OTCP, guaranteed/));
    expect((chip(/^L2 ball/) as HTMLButtonElement).disabled).toBe(false);
    await vi.waitFor(() =>
      expect((asked('regions').at(-1) as RegionsRequest).scores).toEqual([
        'mahalanobis',
        'localEllipsoid',
        'otcpLocal',
        'copula',
      ]),
    );
  });

  it('move to another test row by the stepper, round and round', async () => {
    const { container } = open({ rows: 30 });
    await vi.waitFor(() => expect(stage(container)).toBeTruthy());
    await fireEvent.click(screen.getByRole('button', { name: 'Previous test row' }));
    await vi.waitFor(() => expect(stage(container).getAttribute('data-row')).toBe('29'));
    expect(screen.getByRole('slider', { name: 'Test row' }).getAttribute('aria-valuetext')).toBe(
      'row 30 of 30 · row 148 of the data',
    );
    expect(figure('Regions').getByTitle(/^row 30 of 30 .* of 3 sets$/)).toBeTruthy();
  });

  it('move to the row whose target is clicked, and select it; a drag only pans', async () => {
    const { container, choose } = open();
    await vi.waitFor(() => expect(stage(container).getAttribute('data-regions')).toBe('3'));
    const plot = stage(container);
    (plot as HTMLElement).setPointerCapture = () => {};
    // Without a layout the whole plot is the pixel inside its margins.
    await fireEvent.pointerDown(plot, { button: 0, clientX: 46, clientY: 8 });
    await fireEvent.pointerMove(plot, { clientX: 90, clientY: 8 });
    await fireEvent.pointerUp(plot, { clientX: 90, clientY: 8 });
    expect(choose).not.toHaveBeenCalled();
    await fireEvent.click(screen.getByRole('button', { name: 'Fit Regions' }));
    await fireEvent.pointerDown(plot, { button: 0, clientX: 46, clientY: 8 });
    await fireEvent.pointerUp(plot, { clientX: 46, clientY: 8 });
    expect(choose).toHaveBeenCalledTimes(1);
    const [[datasetRow]] = choose.mock.calls[0] as [[number]];
    // Test row k is row 5k + 2 of the made-up data.
    await vi.waitFor(() =>
      expect(stage(container).getAttribute('data-row')).toBe(String((datasetRow - 2) / 5)),
    );
  });

  it('preview vector quantiles only on demand, and say that they promise nothing', async () => {
    const { asked } = open();
    const toggle = await screen.findByRole('button', { name: 'Vector quantiles' });
    expect(asked('contours')).toEqual([]);
    await fireEvent.click(toggle);
    await vi.waitFor(() =>
      expect(asked('contours')).toEqual([{ score: 'otcp', row: 0, pair: [0, 1], alpha: 0.1 }]),
    );
    expect(await screen.findByText('vector quantiles (preview)')).toBeTruthy();
  });

  it('of two targets can be held against full conformal prediction', async () => {
    const { asked } = open();
    await fireEvent.click(await screen.findByRole('button', { name: 'Full conformal' }));
    expect(await screen.findByText(/each candidate costs an assignment of its own/)).toBeTruthy();
    await vi.waitFor(() => expect(asked('transductive')).toEqual([{ alpha: 0.1, points: 100 }]));
    expect(await figure('Regions').findByTitle(/40 × 40 candidates/)).toBeTruthy();
  });

  it('of three targets have a pair on the axes, all pairs beside it, and a surface that turns by keyboard', async () => {
    const { asked, container } = open({ targets: 3 });
    await vi.waitFor(() => expect(asked('regions')).toHaveLength(4));
    expect(screen.queryByRole('button', { name: 'Full conformal' })).toBeNull();
    await fireEvent.click(screen.getByRole('button', { name: 'Show Y2 and Y3' }));
    expect(screen.getByRole<HTMLSelectElement>('combobox', { name: 'Targets on the axes' }).value).toBe(
      '1,2',
    );
    await fireEvent.click(screen.getByRole('radio', { name: 'Projection' }));
    await vi.waitFor(() =>
      expect(asked('regions')).toContainEqual(
        expect.objectContaining({ pair: [1, 2], through: 'projection' }),
      ),
    );
    await vi.waitFor(() => expect(container.querySelector('[data-triangles="768"]')).toBeTruthy());
    const surface = screen.getByRole('application', { name: /^Surface/ });
    const before = surface.getAttribute('data-yaw');
    await fireEvent.keyDown(surface, { key: 'ArrowRight' });
    expect(surface.getAttribute('data-yaw')).not.toBe(before);
    await fireEvent.keyDown(surface, { key: '0' });
    expect(surface.getAttribute('data-yaw')).toBe(before);
  });

  it('say what the engine refuses beside the figure', async () => {
    const { engine } = open();
    engine.answers.set('regions', () => {
      throw Object.assign(new Error('no'), { detail: { code: 'score-failed', what: 'the score broke' } });
    });
    await fireEvent.click(await screen.findByRole('button', { name: 'Next test row' }));
    expect((await screen.findByRole('alert')).textContent).toContain('the score broke');
  });
});

describe('the other tabs', () => {
  it('Calibration says whether it is calibrated, whether the map is sound, and whether a second file is alike', async () => {
    const second = {
      kind: 'dataset' as const,
      input: 'second',
      name: 'second.csv',
      path: '',
      sha256: 'x',
      rows: 300,
      roles: {},
    };
    open({ drift: true }, { run: { ...run, inputs: [second] } });
    await goTo('Calibration');
    expect(await screen.findByText(/Every shown score stays in its band/)).toBeTruthy();
    expect(screen.getByText(/^No leak/)).toBeTruthy();
    expect(await screen.findByText(/Coverage on second\.csv \.840, expected \.870 to \.930/)).toBeTruthy();
    expect(screen.queryByRole('slider', { name: 'Test row' })).toBeNull();
  });

  it('Sizes says what is the same for every row and what is unreliable', async () => {
    open();
    await goTo('Sizes');
    expect(await figure('Sizes').findByTitle(/the same for every row \(Ellipsoid, OTCP\)$/)).toBeTruthy();
    expect(screen.getByText(/OTCP: unreliable, the volume rests on 130 effective draws/)).toBeTruthy();
  });

  it('Conditional shows ERT beside its chance level, and no slab below 400 rows', async () => {
    open();
    await goTo('Conditional');
    expect(await screen.findByText('ERT 3.1 %')).toBeTruthy();
    expect(screen.getByText('chance 0 % to 0.8 %')).toBeTruthy();
    expect(screen.getByText(/No worst slab: with 154 test rows/)).toBeTruthy();
    const tables = within(screen.getByRole('region', { name: 'Coverage by feature and target' }));
    expect(tables.getByText('.780')).toBeTruthy();
  });

  it('Compare sorts by any column and names what was not measured', async () => {
    open();
    await goTo('Compare');
    const table = within(await screen.findByRole('table'));
    const names = () =>
      table.getAllByRole('rowheader').map((cell) => cell.textContent.trim().split(/\s{2,}|\n/)[0]);
    expect(names().at(-1)).toContain('Copula box');
    await fireEvent.click(table.getByRole('button', { name: 'score' }));
    expect(names()[0]).toContain('Copula box');
    expect(table.getByRole('columnheader', { name: 'score' }).getAttribute('aria-sort')).toBe('ascending');
    expect(table.queryByText(/NaN|not a number/)).toBeNull();
    expect(table.getAllByText('not measured').length).toBeGreaterThan(0);
    expect(table.getByText('reference')).toBeTruthy();
    expect(screen.queryByRole('group', { name: 'Set controls' })).toBeNull();
  });

  it('of a classification are about classes', async () => {
    open({ classes: true });
    expect(await screen.findByRole('tab', { name: 'Classes' })).toBeTruthy();
    expect(screen.queryByRole('tab', { name: 'Regions' })).toBeNull();
    expect(await screen.findByText(/1\.2 classes on average/)).toBeTruthy();
    const sets = within(await screen.findByRole('region', { name: 'Sets of this row' }));
    expect(sets.getByText('APS: all 3 classes')).toBeTruthy();
  });

  it('are told to whoever remembers them, and Claims is one of them', async () => {
    const ontab = vi.fn<(tab: string) => void>();
    open({}, { ontab, tab: 'claims' });
    expect(await screen.findByText('This method declares no claims.')).toBeTruthy();
    await goTo('Sizes');
    expect(ontab).toHaveBeenCalledWith('sizes');
  });
});

describe('exports', () => {
  it('ask the engine for a text of the shown row and score, and hand it over', async () => {
    URL.createObjectURL = vi.fn(() => 'blob:x');
    URL.revokeObjectURL = vi.fn();
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {});
    const { asked } = open();
    const button = await screen.findByRole('button', { name: 'Export' });
    await fireEvent.pointerDown(button, { button: 0, pointerType: 'mouse' });
    await fireEvent.click(await screen.findByRole('menuitem', { name: /GeoJSON/ }));
    await vi.waitFor(() =>
      expect(asked('file')).toEqual([
        { kind: 'geojson', score: 'otcp', alpha: 0.1, row: 0, pair: [0, 1], through: 'slice' },
      ]),
    );
    expect(await screen.findByText('Saved geojson.txt.')).toBeTruthy();
    expect(clicked).toHaveBeenCalled();
    clicked.mockRestore();
  });
});
