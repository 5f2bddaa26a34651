/** @file The figures of Steering as scenes: what is drawn of units, sweeps, detections and layers. */
import { describe, expect, it } from 'vitest';
import {
  steerDetect,
  steerPoint,
  steerStrength,
  steerUnits,
  steerUnitView,
} from '../../testing/memory-steer';
import { blockAt, cosineScene, detectWords, gainScene } from './detect/scenes';
import { layerRows, largestOf } from './layers/scenes';
import {
  bandedText,
  effectRows,
  headlineAt,
  measuresOf,
  pickedPoint,
  sweepRange,
  sweepScene,
} from './sweep/scenes';
import { litPieces, sortedTexts, sweepTable } from './sweep/texts';
import { fewerBins, orderedUnits, unitHistogram, unitPairs, unitWords } from './units/scenes';

describe('a unit', () => {
  const view = steerUnitView('norm_attn_in:0', 5);

  it('is drawn as shares of texts, so that sides of other sizes compare', () => {
    const { marks } = unitHistogram(view, 1);
    expect(marks.map(({ label }) => label)).toEqual(['source', 'target', 'pushed']);
    const [source] = marks;
    expect(source!.kind === 'bins' && [...source!.heights]).toEqual([50, 25, 12.5, 12.5]);
  });

  it('has the map at the shown strength between the identity and the fitted line', () => {
    const lineAt = (lambda: number) => {
      const mark = unitPairs(view, lambda).marks.find(({ label }) => label.startsWith('map'));
      return mark?.kind === 'line' ? [...mark.y] : [];
    };
    expect(lineAt(0)).toEqual([0, 2]);
    expect(lineAt(1)).toEqual([0.9, 2.5]);
    expect(lineAt(0.5)).toEqual([0.45, 2.25]);
  });

  it('says that a line inside the null band is no finding', () => {
    const inside = { ...view, band: { ...view.band, inside: true } };
    expect(unitPairs(inside, 1).notes).toEqual(['inside the null band: no finding']);
    expect(unitPairs(view, 1).notes).toEqual([]);
    expect(unitWords(view, 0.87)).toBe('w 0.8 · β +0.9 · W₂ 0.95 → 0.2 · 87 % of tokens transported');
  });

  it('is ranked by what one asks for; AUROC by how far it is from chance', () => {
    const units = steerUnits('norm_attn_in:0');
    expect(orderedUnits(units, 'before')[0]).toBe(5);
    expect(orderedUnits(units, 'auroc')[0]).toBe(9);
    expect(orderedUnits(units, 'shift')[0]).toBe(15);
    units.before[5] = NaN;
    expect(orderedUnits(units, 'before').at(-1)).toBe(5);
  });

  it('has neighbouring bins joined where there are many, and loses no text', () => {
    const { edges, joined } = fewerBins(Float64Array.from({ length: 51 }, (_, k) => k));
    const counts = joined(new Uint32Array(50).fill(2));
    expect(edges.length - 1).toBe(counts.length);
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(100);
    expect(edges.at(-1)).toBe(50);
  });
});

describe('the sweep', () => {
  const points = [0, 0.5, 1].map((lambda) => steerPoint('fitted', lambda)).concat(steerPoint('random', 1));
  const labels = (strength: ReturnType<typeof steerStrength> | null) =>
    sweepScene(points, { measure: 'presence', strength, range: [0, 1.5] }).marks.map(({ label }) => label);

  it('draws bands, the control dashed, and the safe range with its level', () => {
    expect(labels(steerStrength())).toContain('side effects inside the calibrated set, 90 %');
    expect(labels(null).join()).not.toContain('calibrated');
    // Where nothing is safe there is no range to draw.
    expect(labels(steerStrength({ safe: 0 })).join()).not.toContain('calibrated');
    const { marks } = sweepScene(points, { measure: 'presence', strength: null, range: [0, 1.5] });
    const control = marks.find(({ label, kind }) => label.startsWith('random') && kind === 'line');
    expect(control?.kind === 'line' && control.stroke).toBe('dashed');
  });

  it('knows which point a dot is, and leaves out what was not measured', () => {
    expect(pickedPoint(points, 'fitted', 1)?.lambda).toBe(0.5);
    expect(pickedPoint(points, 'random', 0)?.arm).toBe('random');
    expect(pickedPoint(points, 'run 0', 0)).toBeNull();
    expect(measuresOf({ points })).not.toContain('perplexityData');
    expect(sweepRange(points, 1.5)).toEqual([0, 1.5]);
  });

  it('gives headline numbers of the swept strength that is nearest', () => {
    expect(headlineAt(points, 0.8)).toMatchObject({ lambda: 1, presence: 0.45, presenceAtZero: 0.05 });
    expect(headlineAt([], 1)).toBeNull();
    expect(bandedText({ value: 0.45, low: 0.4, high: 0.5 }, true)).toBe('45 % (40 – 50)');
    expect(sweepTable(points).rows).toHaveLength(4);
  });

  it('says of every side effect whether it is inside its limit at a strength', () => {
    const [quantile, mean] = [Float64Array.of(0, 0.2, 0.5), Float64Array.of(0, 0.1, 0.2)];
    const effects = [{ id: 'kl', title: 'KL', unit: 'nats', limit: 0.35, quantile, mean }];
    const insideAt = (lambda: number) => effectRows(steerStrength({ effects }), lambda)[0]!.inside;
    expect([insideAt(0.6), insideAt(0.9)]).toEqual([true, false]);
  });

  it('lights the words that count, and sorts texts by any column', () => {
    const text = {
      prompt: '',
      seed: 1,
      text: 'the players won',
      hits: [[4, 11]] as [number, number][],
      judged: 0.9,
      perplexity: 3,
    };
    expect(litPieces(text)).toEqual([
      { text: 'the ', lit: false },
      { text: 'players', lit: true },
      { text: ' won', lit: false },
    ]);
    const other = { ...text, seed: 2, perplexity: 9, hits: [] };
    const first = (column: 'perplexity' | 'hits') =>
      sortedTexts([text, other], { column, descending: true })[0]!.seed;
    expect([first('perplexity'), first('hits')]).toEqual([2, 1]);
  });
});

describe('detect against control', () => {
  it('draws chance, intervals, and a cross for a block that could not be steered', () => {
    const detect = steerDetect();
    expect(cosineScene(detect, 1).marks[0]).toMatchObject({ label: 'chance, 95 %' });
    const { marks } = gainScene(detect, null);
    const cross = marks.find(({ label }) => label === 'could not be steered');
    expect(cross?.kind === 'points' && [...cross.points]).toEqual([2, 0]);
    expect(blockAt(detect, 1.3)).toBe(1);
    expect(blockAt(detect, 7)).toBeNull();
  });

  it('tells the correlation whatever it is', () => {
    expect(detectWords(steerDetect(), 'judged')).toMatch(/r 0\.50$/);
    expect(detectWords(steerDetect({ correlation: -0.4 }))).toBe(
      'norm_attn_in · read best at 1, steered best at 1 · r −0.40',
    );
  });
});

it('layers are rows of bins, of one role or of all', () => {
  const values = Float64Array.of(4, 2, 1, 0);
  const layers = {
    hooks: ['a:0', 'b:0'],
    bins: 2,
    before: values,
    after: values.map((one) => one / 2),
    slope: values,
    shift: values,
  };
  expect(layerRows(layers, 'gain', [])).toEqual([
    { hook: 'a:0', values: [2, 1] },
    { hook: 'b:0', values: [0.5, 0] },
  ]);
  expect(layerRows(layers, 'before', ['b']).map(({ hook }) => hook)).toEqual(['b:0']);
  expect(largestOf(layerRows(layers, 'before', []))).toBe(4);
});
