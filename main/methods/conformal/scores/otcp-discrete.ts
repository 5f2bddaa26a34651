/** @file OTCP by an exact assignment of the fit residuals to the ball (arXiv 2501.18991). */
import { add, subtract } from '../../../../native-models';
import {
  discreteArrays,
  discreteMapOf,
  discreteRankTensor,
  fitDiscreteMap,
  MOST_ASSIGNED,
} from '../../../transport/rank/discrete';
import { rowsPerRun, scaledTensor, tailTensor } from '../../../transport/rank/rank';
import { fitScaling } from '../../../transport/rank/scaling';
import type { ScoreDefinition } from '../types';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';
import { residualsOf } from './residuals';
import { guardsTail } from './transport';

/** s(x, y) = ‖u_j*‖ with j* = argmax_j z·u_j − ψ_j. */
export const otcpDiscrete: ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>> = {
  ...scoreWords('otcpDiscrete'),
  source: 'section 1.7; arXiv 2501.18991',
  guarantee: 'exact',
  needs: ['mean'],
  fixedShape: true,
  async fit(context) {
    const { compute, device, seed, settings, shape, fit } = context;
    const residuals = residualsOf(fit.rows, fit.prediction);
    const scaling = fitScaling(residuals, shape.d, settings.scaling);
    const map = await fitDiscreteMap(compute, residuals, scaling, {
      seed,
      device,
      shouldStop: () => context.shouldStop(),
    });
    if (!map) return null;
    const tailGuard = { data: Uint8Array.of(Number(settings.tailGuard)), shape: [1] };
    return {
      arrays: { ...discreteArrays(map), tailGuard },
      // 1: there were more residuals than are assigned, and some stand for all.
      facts: { assigned: map.psi.length, thinned: Number(fit.rows.count > MOST_ASSIGNED) },
    };
  },
  build(arrays, { mean }, y) {
    const map = discreteMapOf(arrays);
    const scaled = scaledTensor(map.scaling, subtract(y, mean!));
    const rank = discreteRankTensor(map, scaled);
    return guardsTail(arrays) ? add(rank, tailTensor(scaled)) : rank;
  },
  async open(compute, shape, arrays) {
    const rows = rowsPerRun(arrays.psi!.data.length);
    return openProgramScore(compute, { ...otcpDiscrete, rowsPerRun: rows }, shape, arrays);
  },
};
