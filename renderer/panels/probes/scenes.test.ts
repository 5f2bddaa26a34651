/** @file Figures of the Probes panel from their answers: what is dimmed, dotted, lit and said. */
import { describe, expect, it } from 'vitest';
import { lightTheme } from '../../../figures/theme';
import { surfaceSvg } from '../../../figures/svg';
import type { ArgumentsOf } from '../../../main/rpc/contract';
import { probesAnswers } from '../../testing/memory-probes';
import { halvesScene } from './directions/scenes';
import { fromEnd } from './hand-over';
import { aucScene, taskScene } from './layers/scenes';
import { drawGrid, placeOf, targetAt } from './matrix/draw';
import { gridOf, gridTable, shareOf, type GridChoice } from './matrix/grid';
import { dotsOf, dotText, transferScene } from './matrix/transfer';
import { mixtureScene } from './mixtures/scenes';
import { valuesAt } from './provisional';
import { scoredText, scoreScenes, sidesOf, wholeScene } from './scores/scenes';
import { placeAt, sweepDomain, sweepText } from './sweep/draw';
import { mayOffend, wholeText } from './words';

const answers = probesAnswers();
const place: ArgumentsOf<'probes', 'matrix'> = { family: 'lr-l2', block: 2, position: 'last' };
const matrix = answers.matrix!(place, 'run');
const sweep = answers.sweep!({}, 'run');
const layers = answers.layers!({ family: 'lr-l2', position: 'last' }, 'run');
const auc: GridChoice = { measure: 'auc', cosine: 'plain', support: 2 };
const tasks = ['larger', 'smaller', 'cities'];
const size = { width: 600, height: 360 };

describe('the matrix', () => {
  it('dims cells whose interval meets the null, and says the interval of all', () => {
    const grid = gridOf(matrix, auc, 1000);
    expect(grid.cells.map(({ text }) => text).slice(0, 3)).toEqual(['0.90', '0.12', '0.52']);
    expect(grid.cells.map(({ dim }) => dim).slice(0, 3)).toEqual([false, false, true]);
    expect(grid.cells[1]!.range).toBe('0.07 – 0.17');
    expect([shareOf(0.75, grid), shareOf(0.12, grid), shareOf(0.5, grid)]).toEqual([0.5, -0.76, 0]);
    expect(grid.band[0]).toBeCloseTo(0.44);
    expect(grid.controls.map(({ cells }) => cells[0]!.text)).toEqual(['0.55', '0.44 – 0.56']);
  });

  it('has its own chance for cosines and supports, and two halves on the diagonal of cosines', () => {
    const cosine = gridOf(matrix, { ...auc, measure: 'cosine' }, 1000);
    expect(cosine.cells[0]!.value).toBe(0.7);
    expect(cosine.band[1]).toBeCloseTo(0.196);
    expect(cosine.cells.map(({ dim }) => dim).slice(0, 3)).toEqual([false, false, true]);
    const supports = gridOf(matrix, { ...auc, measure: 'jaccard' }, 1000);
    expect([supports.chance, supports.cells[1]!.dim]).toEqual([0.05, false]);
  });

  it('finds the cell, row or column under a pixel', () => {
    const grid = gridOf(matrix, auc, 1000);
    const { left, top, cellWidth, cellHeight } = placeOf(grid, size);
    expect(targetAt(grid, size, left + 1.5 * cellWidth, top + 0.5 * cellHeight)).toEqual({
      cell: { train: 0, test: 1 },
    });
    expect(targetAt(grid, size, 20, top + 2.5 * cellHeight)).toEqual({ head: 'row', task: 2 });
    expect(targetAt(grid, size, left + 0.5 * cellWidth, 10)).toEqual({ head: 'column', task: 0 });
    expect(targetAt(grid, size, 20, 10)).toBeNull();
  });

  it('is drawn as SVG with every value, and listed with its controls', () => {
    const grid = gridOf(matrix, auc, 1000);
    const svg = surfaceSvg(grid.title, size.width, size.height, (surface) =>
      drawGrid(surface, grid, size, lightTheme),
    );
    expect(svg.match(/>0\.90</g)).toHaveLength(3);
    expect(svg).toContain('0.07 – 0.17');
    expect(svg).toContain('text only');
    const { rows } = gridTable(grid, matrix);
    expect(rows).toHaveLength(9 + 6);
    expect(rows[1]!.slice(0, 3)).toEqual(['larger', 'smaller', 0.12]);
  });

  it('shows values before their intervals, dotted, from what is kept of all blocks', () => {
    const early = valuesAt(place, tasks, 64, layers, sweep)!;
    const grid = gridOf(early, auc, 1000);
    expect(grid.cells[0]).toMatchObject({ text: '0.90', range: '', dotted: true });
    expect(early.cosine!.chance).toBe(1 / 8);
    const own = valuesAt(place, tasks, 64, null, sweep)!;
    expect(Array.from(own.auc.values, Number.isFinite)).toEqual(
      [1, 0, 0, 0, 1, 0, 0, 0, 1].map((one) => one === 1),
    );
    expect(valuesAt(place, tasks, 64, null, null)).toBeNull();
  });
});

describe('the chosen cell', () => {
  const cell = answers.scores!({ ...place, train: 0, test: 1 }, 'run');

  it('has its own task above and the other below on one axis, shares in per cent', () => {
    const sides = sidesOf(cell, null);
    expect(sides.map(({ title }) => title)).toEqual(['on larger, held out', 'on smaller']);
    const [own, other] = scoreScenes(sides, cell.train);
    expect(own!.x.domain).toEqual(other!.x.domain);
    const bins = own!.marks.filter((mark) => mark.kind === 'bins');
    for (const { heights } of bins) expect(heights.reduce((sum, one) => sum + one, 0)).toBeCloseTo(100);
    expect(scoredText(cell.other)).toBe('20 true, 20 false · AUC 0.07 – 0.17 · chance 0.44 – 0.56');
  });

  it('is one histogram for a task on itself, and two cells where one is held against another', () => {
    const own = answers.scores!({ ...place, train: 2, test: 2 }, 'run');
    expect(sidesOf(own, null)).toHaveLength(1);
    expect(sidesOf(cell, own).map(({ title }) => title)).toEqual(['cities, held out', 'larger → smaller']);
  });

  it('as a row has its mean over the other tasks', () => {
    expect(wholeText(matrix.auc.values, tasks, 'row', 0)).toBe('mean 0.32 over 2 other tasks, 0.12 – 0.52');
    const scene = wholeScene(matrix, 'column', 1);
    expect(scene.title).toBe('Tested on smaller');
    const own = scene.marks.find(({ label }) => label === 'the task itself');
    expect(own?.kind === 'points' && [...own.points]).toEqual([2, Math.fround(0.9)]);
  });
});

describe('the other figures', () => {
  it('cosine against transfer has a dot a pair, diamonds for halves, and rings the chosen one', () => {
    const dots = dotsOf(matrix, 'plain');
    expect([dots.pairs!.length, dots.siblings!.length, dots.halves!.length]).toEqual([4, 2, 3]);
    const scene = transferScene(matrix, 'plain', { train: 0, test: 1 })!;
    expect(scene.subtitle).toBe('6 pairs · r 0.96; without the 2 sibling pairs 0.10');
    const ring = scene.marks.find(({ id }) => id === 'chosen');
    expect(ring?.kind === 'points' && [...ring.points]).toEqual([Math.fround(-0.6), Math.fround(0.12)]);
    expect(dotText(dots, 'halves', 1, tasks)).toBe('two halves of smaller');
    expect(transferScene({ ...matrix, cosine: null }, 'plain', { train: 0, test: 1 })).toBeNull();
  });

  it('block by position is coloured from chance up, and names what is not there yet', () => {
    expect(sweepDomain(sweep)).toEqual([0.5, 0.9]);
    expect(placeAt(sweep, { width: 400, height: 300 }, 41, 9)).toEqual({ row: 0, column: 0 });
    expect(sweepText(sweep, 2, 1)).toBe('block 2, last: 0.90 on test items, 0.89 on validation items');
    const early = probesAnswers({ swept: 1 }).sweep!({}, 'run');
    expect(sweepText(early, 2, 1)).toBe('block 2, last: not yet');
  });

  it('layers, mixtures and halves draw what there is', () => {
    const scene = aucScene(layers, { block: 1, matrix })!;
    expect(scene.marks.map(({ label }) => label)).toContain('text only');
    // Of a family that is known in one block only, that block is not alone on the axis, and no half block has a tick.
    const inTask = Float64Array.of(NaN, 0.8, NaN);
    const single = aucScene({ ...layers, inTask, crossTask: inTask }, { block: 1, matrix })!;
    expect(single.x.ticks).toEqual([0, 1, 2]);
    expect(single.x.domain[0]).toBeLessThanOrEqual(0);
    expect(single.x.domain[1]).toBeGreaterThanOrEqual(2);
    expect(taskScene(layers, { block: 1, matrix }, 0)!.title).toBe('Trained on larger, tested on every task');
    const mixed = mixtureScene(answers.mixtures!(place, 'run'));
    expect(mixed.subtitle).toContain('mean: own 0.90, union 0.53, oracle 0.80');
    expect(halvesScene(matrix, 'plain')!.subtitle).toContain('two halves of a task 0.70');
  });

  it('texts of tasks that may offend are known by their name', () => {
    const [task] = answers.overview!({}, 'run').tasks;
    expect(mayOffend(task)).toBe(false);
    expect(mayOffend({ ...task!, name: 'toxic_comments' })).toBe(true);
  });

  it('positions are counted from the end for the lab', () => {
    expect((['last', '-2', '-6', 'first', 'mean'] as const).map(fromEnd)).toEqual([0, 1, 5, 'first', null]);
  });
});
