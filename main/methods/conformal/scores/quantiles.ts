/** @file M-CP: how far a target lies outside its predicted quantiles (conformalised quantile regression, several targets). */
import { maximum, reduceMax, reshape, slice, subtract, type Tensor } from '../../../../native-models';
import { logBoxVolume } from '../region/volume';
import type { ScoreDefinition } from '../types';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';

type ProgramDefinition = ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>>;

/** max_j max(l_j(x) − y_j, y_j − u_j(x)) with l, u the predicted α/2 and 1 − α/2 quantiles (section 2.1). */
export const mcp: ProgramDefinition = {
  ...scoreWords('mcp'),
  source: 'section 2.1',
  guarantee: 'exact',
  needs: ['quantiles'],
  fit: async () => ({ arrays: {}, facts: {} }),
  build(_, { quantiles }, y, { d }) {
    const levels = quantiles!.shape[1] as number;
    const level = (at: number): Tensor => {
      const one = slice(quantiles!, { axis: 1, start: at, end: at + 1 });
      return reshape(one, [quantiles!.shape[0]!, d]);
    };
    return reduceMax(maximum(subtract(level(0), y), subtract(y, level(levels - 1))), 1);
  },
  async open(compute, shape, arrays) {
    const { d } = shape;
    return {
      ...openProgramScore(compute, mcp, shape, arrays),
      logVolume(radius, { quantiles }) {
        const { data, shape: size } = quantiles!;
        const last = (size[1]! - 1) * d;
        return logBoxVolume(
          Float64Array.from({ length: d }, (_, j) => data[last + j]! - data[j]! + 2 * radius),
        );
      },
    };
  },
};
