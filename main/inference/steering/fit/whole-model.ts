/** @file The slow way to fit maps: the whole graph is run again for every hook, with the maps before it switched on inside. */
import type { HookPoint } from '../../../../native-models';
import type { ExactLevel } from '../../../contract/language';
import type { HookMap } from '../../../contract/steering';
import type { BlockModel, HookSamples } from '../../../steering/estimate';
import type { Insides } from '../../insides/insides';
import { planOf, strengthFeeds } from '../strength';
import { hookSamples } from './pooled-samples';
import { blockHook, unitsOf, type SegmentOptions } from './segment-model';
import type { Side } from './side';

export interface WholeState {
  side: Side;
  maps: readonly HookMap[];
}

/**
 * For graphs that cannot be cut, and to hold the fast way to: a block is a hook again, a state is nothing but the maps so far.
 * `hooks` are in the order in which they are computed.
 */
export function wholeModel(
  insides: Pick<Insides, 'runs' | 'hooks'>,
  level: ExactLevel,
  hooks: readonly HookPoint[],
  { stopped, ...choice }: SegmentOptions,
): BlockModel<WholeState> & { start: (side: Side) => WholeState } {
  return {
    blocks: hooks.length,
    hooks: hooks.map((hook, block) => blockHook(hook, block)),
    start: (side) => ({ side, maps: [] }),
    async run({ side, maps: before }, block, { maps, read }) {
      const next = { side, maps: [...before, ...maps] };
      if (read.length === 0) return { samples: [], next };
      const runs = await insides.runs(level);
      const hook = hooks[block]!;
      const asked = { maps: before, lambda: 1, first: choice.first };
      const plan = planOf(asked, insides.hooks);
      const steering = before.length > 0 ? { steering: { plan, feeds: strengthFeeds(asked, plan) } } : {};
      const values: Float32Array[] = [];
      for (const { ids, mask } of side.batches) {
        if (stopped()) return null;
        const answer = await runs.run({ ids, mask, hooks: [hook.id], ...steering });
        values.push(answer[hook.id]!.data as Float32Array);
      }
      const samples: HookSamples[] = [hookSamples(side, values, unitsOf(hook), choice)];
      return { samples, next };
    },
  };
}
