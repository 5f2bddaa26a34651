/** @file Maps between the network's activations on noised images of two classes, hook by hook. */
import type { RowMatrix } from '../../../contract/projection';
import type { HookMap, SteeringTargets } from '../../../contract/steering';
import { estimate, type BlockModel, type Estimate } from '../../../steering/estimate';
import type { HookFit } from '../../../steering/fit';
import type { FittedMethod } from '../../../steering/fitters';
import type { SupportName } from '../../../contract/steering';
import type { SteeredField } from './field';
import { meanOverTimes, type NoisedImages } from './noised';

export interface FlowSide extends NoisedImages {
  /** The class that the network is told; empty for a flow without classes. */
  labels: Int32Array;
}

export interface FlowFitOptions {
  method: FittedMethod;
  support: SupportName;
  estimation: 'simultaneous' | 'causal';
  targets: SteeringTargets;
  seed: number;
  onFitted: (
    fit: HookFit,
    sides: { source: RowMatrix; target: RowMatrix },
    done: number,
    total: number,
  ) => void;
  stopRequested: () => boolean;
}

/** A side with the maps that were fitted before it reached a hook. */
interface State {
  side: FlowSide;
  maps: readonly HookMap[];
  /** What the hooks are under these maps, once asked for. */
  means?: Promise<Map<string, Float32Array>>;
}

/**
 * Fits every hook of the field: one value per unit and image is its mean over positions and over the image's times. Each hook is
 * a block of its own, as the network is run whole: once a side where no map is on, and once more a hook where there are.
 * @throws as `estimate`
 */
export async function fitFlow(
  field: Pick<SteeredField, 'hooks' | 'means'>,
  sides: { source: FlowSide; target: FlowSide },
  options: FlowFitOptions,
): Promise<Estimate> {
  const { onFitted, stopRequested, estimation, targets, ...settings } = options;
  const read = new Map<string, { source?: RowMatrix; target?: RowMatrix }>();
  const model: BlockModel<State> = {
    blocks: field.hooks.length,
    hooks: field.hooks.map(({ id, role }, block) => ({ id, block, residual: role === 'resid_post' })),
    async run(state, _block, asked) {
      const { side, maps } = state;
      if (asked.read.length > 0) state.means ??= field.means(side.points, side.times, side.labels, maps);
      const samples = await Promise.all(
        asked.read.map(async ({ id }) => {
          const units = field.hooks.find((hook) => hook.id === id)!.units;
          const data = meanOverTimes((await state.means!).get(id)!, side.images, units);
          const pooled: RowMatrix = { data, rows: side.images, columns: units };
          read.set(id, { ...read.get(id), [side === sides.source ? 'source' : 'target']: pooled });
          return { pooled };
        }),
      );
      const next = asked.maps.length === 0 ? state : { side, maps: [...maps, ...asked.maps] };
      return { samples, next };
    },
  };
  return estimate(
    model,
    { source: { side: sides.source, maps: [] }, target: { side: sides.target, maps: [] } },
    settings,
    {
      ...{ estimation, targets, shouldStop: stopRequested },
      onFitted: (fit, done, total) => {
        const { source, target } = read.get(fit.map.hook)!;
        onFitted(fit, { source: source!, target: target! }, done, total);
      },
    },
  );
}
