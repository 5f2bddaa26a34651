/** @file Scrambled Sobol points: any stretch of them covers the space more evenly than random ones. */
import type { Space } from '../../contract/study';
import { scrambledSobol, SOBOL_DIMENSIONS } from '../../numerics/sobol';
import { MongeError } from '../../../native-models/error';
import { axesOf } from '../space/axes';
import { defineSampler } from './define';
import { pointAt } from './draws';

/** Points are counted by those that the sampler chose, so that a person's points leave no hole in the sequence. */
export const sobol = defineSampler(
  'Sobol: A scrambled Sobol sequence; covers the space more evenly than random points, best at powers of two.',
  {},
  ({ space: first, seed }) => {
    let space: Space = first;
    let axes = axesOf(space);
    checkDimensions(axes.length);
    let chosen = 0;
    return {
      ask: () =>
        pointAt(
          space,
          axes,
          axes.map((_, dimension) => scrambledSobol(chosen, dimension, seed)),
        ),
      tell(event) {
        if (event.kind === 'asked' && !event.enqueued) chosen++;
        if (event.kind !== 'space') return;
        axes = axesOf((space = event.space));
        checkDimensions(axes.length);
      },
    };
  },
);

function checkDimensions(count: number): void {
  if (count <= SOBOL_DIMENSIONS) return;
  throw new MongeError({
    ...{
      code: 'sampler-dimensions',
      blame: 'input',
      what: 'a Sobol sequence has fewer dimensions than the space',
    },
    where: { key: 'space' },
    got: `${count} varied settings`,
    expected: `at most ${SOBOL_DIMENSIONS}`,
    help: 'take the random sampler or the Latin hypercube',
  });
}
