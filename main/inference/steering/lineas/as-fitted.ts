/** @file LinEAS as the service fits it: texts and settings of its request, hooks told as all other methods tell theirs. */
import type { HookPoint } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { FitSteeringNews, FitSteeringRequest, FitSteeringResult } from '../../../contract/steering-fit';
import type { FittedHook, HookMap } from '../../../contract/steering';
import { unitFits } from '../../../steering/ranking';
import { balanced } from '../../../steering/samples';
import { transportedShare } from '../../../steering/support';
import type { HookedModel } from '../../insides/runs';
import { fitLineas } from './fit';

export interface EndToEnd {
  request: FitSteeringRequest;
  /** In the order of the model. */
  hooks: readonly HookPoint[];
  /** Token ids of the texts of each side. */
  source: readonly (readonly number[])[];
  target: readonly (readonly number[])[];
  /** Where the maps begin, where that is not the identity. */
  initial?: readonly HookMap[];
}

/**
 * Learns the maps of all hooks of a model at fp32, telling every step, and at the end every hook.
 * @throws `lineas-settings`, and as `fitLineas`
 */
export async function fittedEndToEnd(
  model: HookedModel,
  { request, hooks, source, target, initial }: EndToEnd,
  tell: (news: FitSteeringNews) => void,
  signal: AbortSignal,
): Promise<Pick<FitSteeringResult, 'hooks' | 'notes' | 'whole'>> {
  const settings = settingsOf(request);
  const fit = await fitLineas(
    model,
    { source, target, hooks, initial, settings },
    {
      onStep: ({ step, steps, loss }) => tell({ kind: 'step', step, of: steps, loss }),
      shouldStop: () => signal.aborted,
    },
  );
  const fitted = fit.maps.map((map, at): FittedHook => {
    const sides = { source: fit.source.get(map.hook)!, target: fit.target.get(map.hook)! };
    const equal = balanced(sides, request.seed);
    const share = transportedShare(map, sides.source);
    const off = map.units.reduce((sum, on) => sum + Number(on === 0), 0);
    const one: FittedHook = {
      map,
      fits: unitFits(map, equal),
      // The support has no ends, for tokens as for their means.
      transported: { pooled: share, tokens: share },
      warnings: off > 0 ? [`${off} of ${map.units.length} units are switched off`] : [],
    };
    tell({
      ...{ kind: 'hook', fitted: one, done: at + 1, of: fit.maps.length },
      sides: { source: equal.source, target: equal.target },
    });
    return one;
  });
  return { hooks: fitted, notes: notesOf(request), whole: fit.whole };
}

function settingsOf({ lineas, pooling, first, seed }: FitSteeringRequest) {
  if (!lineas || pooling !== 'mean')
    throw new MongeError({
      code: 'lineas-settings',
      blame: 'input',
      what: 'maps cannot be learned end to end with these settings',
      where: { key: lineas ? 'pooling' : 'lineas' },
      got: lineas ? pooling : 'none',
      expected: lineas ? 'mean' : 'steps, rate, optimiser, batch, initial, lassoUnits and lassoHooks',
    });
  const { steps, rate, optimiser, batch, lassoUnits, lassoHooks } = lineas;
  return {
    ...{ steps, rate, optimiser, batch, first, seed },
    lasso: { units: lassoUnits, hooks: lassoHooks },
  };
}

function notesOf({ support, level }: FitSteeringRequest): string[] {
  return [
    ...(support === 'q_all'
      ? []
      : [`without the support ${support}: maps that are learned together move everything`]),
    ...(level === 'fp32' ? [] : ['learned at fp32: there are no gradients through quantised weights']),
  ];
}
