/** @file Scores by a predicted density: DR-CP, and highest-density regions (C-HDR, also known as HPD-split). */
import {
  add,
  constant,
  greater,
  multiply,
  negate,
  reduceMean,
  reshape,
  where,
} from '../../../../native-models';
import type { ScoreDefinition } from '../types';
import { drawNoise, drawsOf, logDensity, logDensityOfDraws, squash } from './mixture';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';

type ProgramDefinition = ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>>;

/** −log p̂(y | x) (section 2.1). */
export const drcp: ProgramDefinition = {
  ...scoreWords('drcp'),
  source: 'section 2.1',
  guarantee: 'exact',
  needs: ['mixture'],
  fit: async () => ({ arrays: {}, facts: {} }),
  build: (_, parts, y) => negate(logDensity(parts, y)),
  open: async (compute, shape, arrays) => openProgramScore(compute, drcp, shape, arrays),
};

/**
 * The share of L draws from p̂(· | x) that are denser than y: 1 − F̂(p̂(y|x)), F̂ the law of the density of draws
 * (section 2.1). Between two steps of F̂ the density itself decides, so that scores do not tie.
 */
export const chdr: ProgramDefinition = {
  ...scoreWords('chdr'),
  source: 'section 2.1',
  guarantee: 'exact',
  needs: ['mixture'],
  rowsPerRun: 512,
  fit: async ({ seed, settings, shape }) => ({
    arrays: drawNoise(seed, 'draws', settings.samples, shape.d),
    facts: {},
  }),
  build(arrays, parts, y) {
    const density = logDensity(parts, y);
    const ofDraws = logDensityOfDraws(parts, drawsOf(parts, arrays, 'draws'));
    const denser = where(
      greater(ofDraws, reshape(density, [y.shape[0]!, 1])),
      constant(Float32Array.of(1), [1, 1]),
      constant(Float32Array.of(0), [1, 1]),
    );
    const share = 1 / arrays['draws.uniforms']!.data.length;
    return add(reduceMean(denser, 1), multiply(squash(multiply(negate(density), 0.1)), 0.99 * share));
  },
  open: async (compute, shape, arrays) => openProgramScore(compute, chdr, shape, arrays),
};
