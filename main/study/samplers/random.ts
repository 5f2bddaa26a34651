/** @file Points drawn evenly over the axes. */
import type { Space } from '../../contract/study';
import { axesOf } from '../space/axes';
import { defineSampler } from './define';
import { randomPoint } from './draws';

export const random = defineSampler(
  'Random: Points drawn evenly over every axis; hard to beat where little is known and much runs at once.',
  {},
  ({ space: first, seed }) => {
    let space: Space = first;
    let axes = axesOf(space);
    return {
      ask: (trial) => randomPoint(space, axes, { seed, label: 'study.random', trial }),
      tell(event) {
        if (event.kind === 'space') axes = axesOf((space = event.space));
      },
    };
  },
);
