/** @file Latin hypercubes: with n points, every n-th of each axis has one. */
import { stream } from '../../../native-models';
import type { Space } from '../../contract/study';
import { axesOf } from '../space/axes';
import { defineSampler } from './define';
import { pointAt, uniforms } from './draws';

/** A design has as many points as trials are planned; a study that goes on longer gets a second, independent one. */
export const latinHypercube = defineSampler(
  'Latin hypercube: Each of n equal parts of every axis is tried once in n trials; fits a number of trials known before.',
  {},
  ({ space: first, seed, trials }) => {
    const size = Math.max(1, trials);
    let space: Space = first;
    let axes = axesOf(space);
    let chosen = 0;
    let [design, strata] = [-1, [] as Int32Array[]];
    const strataOf = (wanted: number) => {
      if (design !== wanted || strata.length !== axes.length) {
        const draws = stream(seed, 'study.latin-hypercube.order', wanted);
        strata = axes.map(() => draws.permutation(size));
        design = wanted;
      }
      return strata;
    };
    return {
      ask(trial) {
        const inside = uniforms(seed, 'study.latin-hypercube', trial, axes.length);
        const parts = strataOf(Math.floor(chosen / size));
        return pointAt(
          space,
          axes,
          inside.map((share, k) => (parts[k]![chosen % size]! + share) / size),
        );
      },
      tell(event) {
        if (event.kind === 'asked' && !event.enqueued) chosen++;
        if (event.kind === 'space') axes = axesOf((space = event.space));
      },
    };
  },
);
