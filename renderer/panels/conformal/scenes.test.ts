/** @file The figures and words of Conformal sets as plain data: no browser, no engine. */
import { describe, expect, it } from 'vitest';
import { sceneSvg } from '../../../figures/svg';
import { lightTheme } from '../../../figures/theme';
import { conformalAnswers } from '../../testing/memory-conformal';
import { coverageScene, coverageText, driftText } from './calibration/scenes';
import { classText, membersText } from './classes/scenes';
import { bandText, cellText, compareTable, defaultReference, pairedText, sortedRows } from './compare/table';
import { clusterScene, ertText, runningCoverage, slabScene, slabText } from './conditional/scenes';
import type { Answer } from './conformal.svelte';
import { axisDomains, intervalScene, pairTargets, regionScene, type Regions } from './regions/scene';
import { leakText, rankMarks } from './regions/views';
import { meanOf, sameSize, sizeNotes, sizesScene } from './sizes/scenes';
import { alphaText, everythingText, factTitle, insideText, levelText, regionNotes, shareText } from './words';

const answers = conformalAnswers();
const overview = answers.overview();
const regions = (alpha: number): Regions =>
  answers.regions({
    scores: ['l2', 'otcp'],
    alpha,
    row: 3,
    pair: [0, 1],
    through: 'slice',
  });
const looks = {
  lookOf: () => ({ color: 'series-1', stroke: 'solid' }) as const,
  titleOf: (score: string) => score.toUpperCase(),
};

describe('levels in words', () => {
  it('are written as papers do', () => {
    expect([0.1, 0.05, 0.5, 0.013, 0.001].map(alphaText)).toEqual(['.10', '.05', '.50', '.013', '.001']);
    expect([0.1, 0.05, 0.005, 0.001].map(levelText)).toEqual(['90 %', '95 %', '99.5 %', '99.9 %']);
    expect([0.9034, 1, NaN].map(shareText)).toEqual(['.903', '1.000', 'not measured']);
  });

  it('below 1/(n+1) have no set but everything', () => {
    expect(everythingText(0.1, 1 / 116)).toBeNull();
    expect(everythingText(1 / 116, 1 / 116)).toBeNull();
    expect(everythingText(0.005, 1 / 116)).toContain('115 calibration rows cannot vouch for 99.5 %');
  });

  it('name facts and metrics as people do', () => {
    expect(['fitSeconds', 'marginalError', 'epsilon'].map(factTitle)).toEqual([
      'fit (s)',
      'marginal error',
      'ε',
    ]);
  });

  it('count the sets that hold a row', () => {
    const inside = (...values: boolean[]) => values.map((one) => ({ inside: one }));
    expect(insideText(inside(true, false, true))).toBe('inside 2 of 3 sets');
    expect(insideText(inside(false))).toBe('outside its set');
  });
});

describe('the figure of regions', () => {
  const parts = {
    overview,
    pair: [0, 1] as [number, number],
    through: 'slice' as const,
    targets: pairTargets(overview, [0, 1]),
    looks,
  };

  it('draws outlines under the test targets, and signs over them', () => {
    const scene = regionScene({ ...parts, alpha: 0.1, answer: regions(0.1) });
    expect(scene.marks.map(({ id }) => id)).toEqual(['region l2', 'region otcp', 'targets', 'mean', 'truth']);
    expect(scene.subtitle).toMatch(/^row 4 of 154 · row 18 of the data: /);
    const svg = sceneSvg(
      scene,
      { width: 400, height: 300, margin: { top: 8, right: 8, bottom: 34, left: 46 } },
      lightTheme,
    );
    expect(svg.match(/fill-rule="evenodd"/g)).toHaveLength(2);
  });

  it('keeps its axes while a set grows inside them, so that growth is seen', () => {
    const axes = (alpha: number) => regionScene({ ...parts, alpha, answer: regions(alpha) }).x.domain;
    expect(axes(0.1)).toEqual(axes(0.2));
    const limits = { limits: Float32Array.of(0, 10, 0, 10) };
    const points = Float32Array.of(1, 1, 9, 9);
    const [x] = axisDomains(limits, [0, 1], points, [Float32Array.of(-1, 5, 11, 5)]);
    expect(x[0]).toBeCloseTo(-3.1);
    expect(x[1]).toBeCloseTo(13.1);
    // What is far away does not shrink the data to a dot.
    const [far] = axisDomains(limits, [0, 1], points, [Float32Array.of(-1000, 5, 1000, 5)]);
    expect(far[1] - far[0]).toBeCloseTo(31.2);
  });

  it('says in words what has no outline', () => {
    const one = regions(0.1).regions[0]!;
    const notes = regionNotes(
      [{ ...one, state: 'everything' }, { ...one, state: 'empty' }, { ...one, clipped: true }, one],
      () => 'L2',
    );
    expect(notes).toHaveLength(3);
    expect(notes[0]).toContain('everything');
    expect(notes[1]).toContain('empty');
    expect(notes[2]).toContain('beyond the drawn window');
  });
});

describe('sets of a single target', () => {
  const one = conformalAnswers({ targets: 1 });
  const overview = one.overview();
  const region = { ...regions(0.1).regions[0]!, rings: [Float32Array.of(10, 0, 30, 0, 30, 1, 10, 1)] };
  const answer = {
    ...regions(0.1),
    mean: [20],
    truth: [26],
    regions: [region, { ...region, score: 'otcp' as const }],
  };

  it('are bars, each score in a lane of its own above the test targets', () => {
    const scene = intervalScene({ overview, alpha: 0.1, answer, looks });
    const bars = scene.marks.flatMap((mark) => (mark.kind === 'polygons' ? [...mark.rings] : []));
    const heights = bars.map((ring) => [ring[1]!, ring[5]!].map((value) => Number(value.toFixed(2))));
    expect(heights).toEqual([
      [1.12, 1.88],
      [0.12, 0.88],
    ]);
    const targets = scene.marks.find(({ id }) => id === 'targets')!;
    expect(targets.kind === 'points' && targets.points.every((value, i) => i % 2 === 0 || value < 0)).toBe(
      true,
    );
    expect(scene.marks.map(({ id }) => id).slice(-2)).toEqual(['mean', 'truth']);
  });
});

describe('the transport view', () => {
  it('shades points by rank, all of them', () => {
    const marks = rankMarks('r', Float32Array.of(0, 0, 1, 1, 2, 2), Float32Array.of(0.01, 0.99, 1));
    const points = marks.flatMap((mark) => (mark.kind === 'points' ? [mark.points.length / 2] : []));
    expect(points).toEqual([1, 2]);
    expect(marks[0]!.tone!).toBeLessThan(marks[1]!.tone!);
  });

  it('tells a leak and a flat map from a sound one', () => {
    const sound = answers.transport();
    expect(leakText(sound).good).toBe(true);
    expect(leakText({ ...sound, leak: [{ factor: 3, share: 0.026 }] })).toMatchObject({ good: false });
    expect(leakText({ ...sound, leak: [{ factor: 3, share: 0.026 }] }).text).toContain('2.6 %');
    expect(leakText({ ...sound, saturated: true }).good).toBe(false);
  });
});

describe('coverage', () => {
  const answer = answers.coverage({ scores: ['l2', 'otcp'] });

  it('has a ribbon, a line per score and the shown level', () => {
    const scene = coverageScene(answer, 0.1, false, looks)!;
    expect(scene.marks.map(({ kind }) => kind)).toEqual(['band', 'line', 'line', 'line', 'line']);
    const excess = coverageScene(answer, 0.1, true, looks)!;
    expect(excess.y.domain[0]).toBeLessThan(0);
  });

  it('is said to leave its band when it does', () => {
    expect(coverageText(answer, looks.titleOf)).toContain('Every shown score stays in its band');
    const low = { score: 'l2' as const, coverage: answer.levels.map((level) => level - 0.3) };
    expect(coverageText({ ...answer, curves: [low] }, looks.titleOf)).toContain('L2 below it');
  });

  it('on a second file is judged by its band', () => {
    const drift = answers.drift();
    expect(driftText(drift, 'b.csv')).toMatchObject({ good: false });
    expect(driftText({ ...drift, coverage: 0.9 }, 'b.csv').good).toBe(true);
  });
});

describe('sizes', () => {
  const answer = answers.sizes({ scores: ['l2', 'localEllipsoid', 'otcp'], alpha: 0.1 });

  it('that are the same for all rows are a line, others bars', () => {
    const scene = sizesScene(answer, 0.1, looks)!;
    expect(scene.marks.map(({ kind }) => kind)).toEqual(['bins', 'line', 'line']);
    expect(sameSize({ logVolume: Float64Array.of(2, 2, -Infinity) })).toBe(2);
    expect(sameSize({ logVolume: Float64Array.of(2, 3) })).toBeNull();
  });

  it('that are no numbers are words', () => {
    const [first] = answer.sizes;
    const notes = sizeNotes(
      {
        ...answer,
        sizes: [
          { ...first!, state: 'everything', logVolume: new Float64Array(0) },
          { ...first!, logVolume: Float64Array.of(1, -Infinity) },
          { ...first!, effective: 120 },
        ],
      },
      looks.titleOf,
    );
    expect(notes.map((note) => /everything|empty for 1 of 2|120 effective/.exec(note)?.[0])).toEqual([
      'everything',
      'empty for 1 of 2',
      '120 effective',
    ]);
    expect(
      sizesScene({ ...answer, sizes: [{ ...first!, logVolume: Float64Array.of(Infinity) }] }, 0.1, looks),
    ).toBeNull();
  });

  it('are averaged without what is not finite', () => {
    expect(meanOf([1, 3, NaN, Infinity])).toEqual({ mean: 2, error: 1, count: 2 });
    expect(meanOf([0.1 + 0.2, 0.3]).error).toBe(0);
    expect(meanOf([5])).toEqual({ mean: 5, error: null, count: 1 });
  });
});

describe('conditional coverage', () => {
  const few = answers.conditional({ score: 'otcp', alpha: 0.1 });
  const many = conformalAnswers({ rows: 450 }).conditional({ score: 'otcp', alpha: 0.1 });

  it('is counted in a moving window', () => {
    const along = Float32Array.of(3, 1, 2, 4);
    const { x, y } = runningCoverage(along, Uint8Array.of(1, 0, 0, 1), 2);
    expect(x).toEqual([1, 2, 3]);
    expect(y).toEqual([1, 0.5, 0]);
    // A feature of two values has coverage at each, and nothing in between.
    const twice = runningCoverage(
      Float32Array.from({ length: 20 }, (_, k) => k % 2),
      Uint8Array.from({ length: 20 }, (_, k) => (k < 8 && k % 2 === 1 ? 1 : 0)),
    );
    expect(twice).toEqual({ x: [0, 1], y: [1, 0.6] });
  });

  it('has a slab only where there are rows enough, and holds it against chance', () => {
    const ids = (answer: Answer<'conditional'>) =>
      slabScene(answer, overview.testRows)!.marks.map(({ id }) => id);
    expect(ids(few)).not.toContain('slab');
    expect(ids(many)).toContain('slab');
    expect(slabText(few)).toMatchObject({ good: null });
    expect(slabText(many)).toMatchObject({ good: false });
    expect(slabText({ ...many, slab: { ...many.slab!, coverage: 0.82 } }).good).toBe(true);
  });

  it('is no risk where there are too few rows, and none beyond chance where there is no more', () => {
    expect(ertText({ ...few, ert: null, ertChance: null })).toMatch(
      /^Not measured: 154 test rows are too few/,
    );
    expect(ertText(few)).toContain('coverage differs between rows');
    expect(ertText({ ...few, ert: 0.007 })).toContain('No more than independent hits give');
  });

  it('of clusters is drawn as bars with intervals', () => {
    const scene = clusterScene(few)!;
    const bars = scene.marks.find((mark) => mark.kind === 'bins')!;
    expect(bars.heights.filter((height) => height > 0)).toHaveLength(5);
    expect(clusterScene({ ...few, clusters: [] })).toBeNull();
  });
});

describe('the comparison', () => {
  const answer = answers.compare();
  const row = (score: string) => answer.rows.find((one) => one.score === score)!;

  it('has numbers or words in every cell, never neither', () => {
    const reference = row(defaultReference(answer)!);
    expect(reference.score).toBe('mahalanobis');
    expect(cellText(row('otcp'), 'coverage', answer, reference)).toMatch(/^\.9\d\d ± \.0\d\d$/);
    expect(cellText(row('otcp'), 'worstSlab', answer, reference)).toBe('not measured');
    expect(cellText(reference, 'difference', answer, reference)).toBe('reference');
    const all = { ...row('copula'), coverage: new Float64Array(5).fill(1) };
    expect(cellText(all, 'size', answer, reference)).toBe('everything');
    const once = { ...row('otcp'), ert: Float64Array.of(0.03, NaN, NaN, NaN, NaN) };
    expect(cellText(once, 'ert', answer, reference)).toBe('3 % (1 of 5)');
  });

  it('pairs splits with those of the reference', () => {
    const reference = row('mahalanobis');
    const smaller = {
      ...row('otcp'),
      logVolume: reference.logVolume.map((value, k) => value - 0.2 - k / 100),
    };
    expect(pairedText(smaller, answer, reference)).toMatch(/^smaller in 5 of 5 splits, t = −\d/);
    expect(pairedText(reference, answer, reference)).toBeNull();
    const more = (['otcpStandardised', 'gaussianEllipsoid'] as const).map((score) => ({
      ...row('otcp'),
      score,
    }));
    expect(defaultReference({ ...answer, rows: [...answer.rows, ...more] })).toBe('gaussianEllipsoid');
  });

  it('judges coverage by the band of one draw', () => {
    const with_ = (value: number) => ({ ...row('l2'), coverage: Float64Array.of(value) });
    expect([0.7, 0.9, 0.99].map((value) => bandText(with_(value), answer.band)?.text)).toEqual([
      'below',
      'inside',
      'above',
    ]);
  });

  it('sorts what has no number last, both ways', () => {
    const ends = [false, true].map(
      (descending) => sortedRows(answer, { column: 'size', descending }, null, looks.titleOf).at(-1)!.score,
    );
    expect(ends).toEqual(['copula', 'copula']);
    const { columns, rows } = compareTable(answer, looks.titleOf);
    expect(columns).toContain('worstSlab');
    expect(rows).toHaveLength(35);
    expect(rows.flat().some((value) => Number.isNaN(value))).toBe(false);
  });
});

describe('sets of classes', () => {
  it('are named by what they hold', () => {
    const classes = ['a', 'b', 'c'];
    expect(membersText([false, false, false], classes)).toBe('empty');
    expect(membersText([true, false, true], classes)).toBe('a and c');
    expect(membersText([true, true, true], classes)).toBe('all 3 classes');
    const everything = {
      score: 'ip' as const,
      radius: null,
      coverage: 1,
      meanSize: 3,
      singletons: 0,
      coverageByClass: [],
      sizes: [],
    };
    expect(classText(everything)).toContain('everything: too few calibration rows');
  });
});
