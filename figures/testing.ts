/** @file A figure of two points for tests, and a frame twice as wide as high around it. */
import type { Scene } from './scene';
import type { Frame } from './viewport';

export const frame: Frame = { width: 200, height: 100, margin: { top: 0, right: 0, bottom: 0, left: 0 } };

export const twoPoints: Scene = {
  title: 'Two points <here>',
  subtitle: '2 of 2 shown',
  x: { label: 'x', scale: 'linear', domain: [0, 10] },
  y: { label: 'y', scale: 'linear', domain: [0, 10] },
  equalAspect: true,
  marks: [
    {
      kind: 'points',
      id: 'data',
      label: 'data',
      color: 'series-2',
      opacity: 1,
      radius: 2,
      points: Float32Array.of(2, 2, 8, 8),
      rows: Uint32Array.of(5, 9),
      classes: Int32Array.of(0, -1),
      classNames: ['a, b'],
    },
  ],
};
