/** @file Crossings of paths that are drawn by hand, and the scenes of speed and few-step error. */
import { describe, expect, it } from 'vitest';
import { crossings, stretches } from './crossings';
import { crossingsScene, errorScene, logCorrelation, speedScene } from './scenes';
import type { Trajectories } from '../scene';

/** Paths given as positions at evenly spaced times: [path][time] = [x, y]. */
function paths(given: [number, number][][]): Trajectories {
  const times = given[0]!.length;
  const positions = new Float32Array(times * given.length * 2);
  given.forEach((path, i) => path.forEach((at, t) => positions.set(at, 2 * (t * given.length + i))));
  return {
    step: 1,
    evaluations: times - 1,
    times: Float32Array.from({ length: times }, (_, t) => t / (times - 1)),
    positions,
    count: given.length,
  };
}

describe('crossings', () => {
  it('tell apart who meets at the same time, who passes there at another, and who never does', () => {
    const counted = crossings(
      paths([
        // Ways up and down meet a little before half time.
        [
          [0, 0],
          [4, 4],
        ],
        [
          [0, 3.6],
          [4, 0],
        ],
        // Crosses the first diagonal early in its own life, but late in the other's.
        [
          [3.5, 3],
          [3, 3.9],
        ],
        // Far away.
        [
          [9, 9],
          [10, 10],
        ],
      ]),
    );
    expect(counted.pairs).toBe(6);
    expect(counted.chords).toBeCloseTo(2 / 6);
    expect(counted.ever).toBeCloseTo(2 / 6);
    expect(counted.together).toBeCloseTo(1 / 6);
    expect(counted.byTime).toHaveLength(stretches);
    expect([...counted.byTime].filter((share) => share > 0)).toHaveLength(1);
  });

  it('find what bends around its chord, and compare no more than 256 paths', () => {
    const { chords, ever } = crossings(
      paths([
        [
          [0, 0],
          [1, 3],
          [2, 0],
        ],
        [
          [0, 1],
          [1, 1],
          [2, 1],
        ],
      ]),
    );
    expect([chords, ever]).toEqual([0, 1]);
    const many = paths(
      Array.from({ length: 300 }, (_, i): [number, number][] => [
        [i, 0],
        [i, 1],
      ]),
    );
    expect(crossings(many)).toMatchObject({ paths: 256, pairs: 32_640, ever: 0 });
  });

  it('say in words what was counted', () => {
    const answer = paths([
      [
        [0, 0],
        [1, 1],
      ],
      [
        [0, 1],
        [1, 0.1],
      ],
    ]);
    const shown = { id: 'a', label: 'this run', color: 'series-1', compared: false, answer } as const;
    expect(crossingsScene([shown], true)).toMatchObject({
      title: 'Crossings in the projection',
      subtitle: 'of 1 pairs of paths 100 % cross, 100 % in the same 1⁄16 of time; chords 100 %',
    });
    expect(crossingsScene([], false)).toBeNull();
  });
});

describe('scenes', () => {
  const look = { id: 'a', label: 'this run', color: 'series-1', compared: false } as const;

  it('put the spread of the shown run under its mean speed, and compared runs as dashes', () => {
    const at = Float32Array.of(0, 0.5);
    const answer = { step: 3, times: at, mean: Float32Array.of(2, 2), low: at, high: Float32Array.of(3, 4) };
    const scene = speedScene([
      { ...look, answer },
      { ...look, id: 'b', compared: true, answer },
    ])!;
    expect(scene.marks.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['band a spread', 'line a', 'line b']);
    expect(scene.y.domain[1]).toBeGreaterThan(4);
  });

  it('pair each path’s bend with its own error, and leave out what has no logarithm', () => {
    const perPath = Float32Array.of(0.01, 0.1, 1, 10, 0);
    const curvature = { step: 1, perPath, times: perPath, profile: perPath };
    const error = { step: 1, evaluations: 2, errors: Float32Array.of(0.1, 1, 10, 100, 5) };
    const scene = errorScene([{ ...look, answer: { curvature, error } }])!;
    expect(scene.subtitle).toBe('4 paths at 2 against 64 evaluations · correlation of logs 1');
    expect(logCorrelation(Float32Array.of(1, 4, 2, 2, 4, 1))).toBeCloseTo(-1);
    const none = { ...error, errors: new Float32Array(5) };
    expect(errorScene([{ ...look, answer: { curvature, error: none } }])).toBeNull();
  });
});
