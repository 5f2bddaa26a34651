/** @file Contrast-consistent search: its gradient, a planted truth that it finds without labels, and what labels do. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import { denseRows } from '../../numerics/rows-operator';
import { aucOf } from '../../numerics/ranking';
import { cosineOf } from '../geometry';
import { fitProbe, probeScores, type TaskRows } from '../place';
import { consistencyLoss } from './ccs';

const [PAIRS, WIDTH] = [120, 24];
const truth = Float64Array.from(stream(5, 'truth').normal(new Float32Array(WIDTH)));

/** Statements and their negations: truth along one direction, the negation along another, both large beside the noise. */
function planted(): TaskRows {
  const noise = stream(5, 'noise').normal(new Float32Array(2 * PAIRS * WIDTH));
  const words = stream(5, 'words').normal(new Float32Array(WIDTH));
  const labels = Uint8Array.from({ length: 2 * PAIRS }, (_, k) => (k < PAIRS ? k % 2 : 1 - (k % 2)));
  const data = noise.map((value, at) => {
    const [item, unit] = [Math.floor(at / WIDTH), at % WIDTH];
    const negation = item < PAIRS ? 0 : 4 * words[unit]!;
    return value + negation + (labels[item]! - 0.5) * 2 * truth[unit]!;
  });
  const rows = { data, rows: 2 * PAIRS, columns: WIDTH };
  const items = Uint32Array.from({ length: PAIRS }, (_, k) => k);
  const of = (part: Uint32Array) => Array.from(part, (own): [number, number] => [own, own + PAIRS]);
  const split = { train: items.slice(0, 70), validation: items.slice(70, 90), test: items.slice(90) };
  const pairs = { rows, train: of(split.train), validation: of(split.validation) };
  return { name: 'planted', rows, labels, groups: Array.from(labels, (_, k) => String(k)), split, pairs };
}

describe('contrast-consistent search', () => {
  it('goes down along its gradient', () => {
    const [plus, minus] = ['plus', 'minus'].map((name) =>
      denseRows(Float64Array.from(stream(1, name).normal(new Float32Array(60))), 6),
    ) as [ReturnType<typeof denseRows>, ReturnType<typeof denseRows>];
    const point = Float64Array.from(stream(1, 'point').normal(new Float32Array(7)));
    const gradient = new Float64Array(7);
    consistencyLoss({ plus, minus }, point, 0.1, gradient);
    for (let k = 0; k < 7; k++) {
      const moved = (by: number) => point.map((value, at) => (at === k ? value + by : value));
      const loss = (by: number) => consistencyLoss({ plus, minus }, moved(by), 0.1);
      expect((loss(1e-5) - loss(-1e-5)) / 2e-5).toBeCloseTo(gradient[k]!, 6);
    }
  });

  it('finds planted truth, for which labels only say which end is true', () => {
    const task = planted();
    const probe = fitProbe('ccs', task);
    const test = Uint8Array.from(task.split.test, (item) => task.labels[item]!);
    const own = { own: true, scores: 'raw' } as const;
    expect(aucOf(probeScores(probe, task, task.split.test, own), test)).toBeGreaterThan(0.95);
    expect(cosineOf(probe.score.direction, truth)).toBeGreaterThan(0.7);
    const turned = fitProbe('ccs', { ...task, labels: task.labels.map((label) => 1 - label) });
    turned.weights.forEach((weight, k) => expect(weight).toBeCloseTo(-probe.weights[k]!, 12));
  });

  it('finds none where pairs do not contradict', () => {
    const task = planted();
    const mixed = task.pairs!.train.map(([own], k): [number, number] => [
      own,
      task.pairs!.train[(k + 1) % 70]![0],
    ]);
    const agreeing = {
      ...task.pairs!,
      train: mixed.map(([own]) => [own, own] as [number, number]),
      validation: [],
    };
    const probe = fitProbe('ccs', { ...task, pairs: agreeing });
    // A statement beside itself is consistent at one half alone.
    expect(Math.hypot(...probe.weights)).toBeLessThan(0.1);
  });
});
