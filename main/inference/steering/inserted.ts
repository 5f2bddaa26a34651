/** @file The operator of steering put into a graph that others made: in the way of the values that hooks are. */
import {
  channelOperator,
  countInside,
  GraphBuilder,
  insideOutput,
  partsAtStrength,
  steeredPlaces,
  steeringOperator,
  steeringParts,
  type ModelProto,
  type OperatorParts,
  type SteerablePlace,
  type SteeringPlan,
} from '../../../native-models';
import type { HostTensor } from '../../contract/compute';
import type { HookMap } from '../../contract/steering';
import { withAppended, withOperator } from '../../models/surgery';
import { foldedUnits } from '../../steering/folding';
import { hasSupport } from '../../steering/support';
import { planOf } from './strength';

/** Which tokens are steered where not all are, bool [batch, tokens, 1]. */
export const tokensInput = 'steering.tokens';
/** `steering.tokens` for texts with padding on either side: all but the first token that is none. */
export function laterTokens({ attention_mask: mask }: Readonly<Record<string, HostTensor>>): HostTensor {
  const [rows = 0, width = 0] = mask!.dims;
  const data = new Uint8Array(rows * width).fill(1);
  for (let row = 0; row < rows; row++) {
    const first = (mask!.data as BigInt64Array).subarray(row * width, (row + 1) * width).indexOf(1n);
    if (first >= 0) data[row * width + first] = 0;
  }
  return { type: 'bool', data, dims: [rows, width, 1] };
}

/** The strength of every map, float32 [maps], or of all, float32 scalar. */
export const lambdaInput = 'steering.lambda';

/**
 * The graph steered by the inputs of a plan: those of native-models/zoo/language/steering/plan.ts, and `steering.tokens`
 * where the first token of a text is left as it is. Counting reads `attention_mask`. `channels` as in `InsertOptions`.
 * @throws `graph-value-unknown`, and as `steeredPlaces`
 */
export function withSteering(
  model: ModelProto,
  plan: SteeringPlan,
  hooks: readonly SteerablePlace[],
  channels: ReadonlySet<string> = new Set(),
): ModelProto {
  const builder = new GraphBuilder('monge/steering');
  const parts = steeringParts(builder, plan);
  const perChannel = (name: string | null) =>
    name && builder.node('Reshape', [name, builder.constant('int64', [-1, 1, 1], [3])]);
  const shaped = new Map(
    plan.hooks
      .filter(({ id }) => channels.has(id))
      .map(({ id }) => {
        const { scale, shift, support } = parts(id);
        const [lower, upper] = [perChannel(support?.lower ?? null), perChannel(support?.upper ?? null)];
        const ends = support && { lower: lower!, upper: upper! };
        return [id, { scale: perChannel(scale), shift: perChannel(shift), support: ends }] as const;
      }),
  );
  return inserted(model, plan, hooks, builder, (id) => shaped.get(id) ?? parts(id), channels);
}

export interface InsertOptions {
  /** λ as a scalar for all maps, or one number a map; default 'one'. */
  lambda?: 'one' | 'each';
  /** Ids of hooks that are [batch, channels, height, width]; their maps have a value a channel. */
  channels?: ReadonlySet<string>;
}

/**
 * The graph with the maps inside and λ as an input without a default. At λ = 0 it is the model, bit for bit where the runtime
 * does not rewrite it.
 * @throws as `withSteering`, and of maps as `planOf`
 */
export function withMaps(
  model: ModelProto,
  { maps, first }: { maps: readonly HookMap[]; first: boolean },
  hooks: readonly SteerablePlace[],
  { lambda = 'one', channels = new Set() }: InsertOptions = {},
): ModelProto {
  const plan = planOf({ maps, first }, hooks);
  const builder = new GraphBuilder('monge/steering');
  builder.input(lambdaInput, 'float32', lambda === 'one' ? [] : [maps.length]);
  const own = new Map(
    maps.map((map, index) => {
      const vector = (name: string, data: Float32Array) =>
        builder.tensor(`${map.hook}/${name}`, {
          data,
          shape: channels.has(map.hook) ? [data.length, 1, 1] : [data.length],
        });
      const { scale, shift } = foldedUnits({ ...map, ...withoutEnds(map) }, 1);
      const strength =
        lambda === 'one'
          ? lambdaInput
          : builder.node('Gather', [lambdaInput, builder.constant('int64', [index])]);
      const { scale: scales, shift: shifts } = plan.hooks[index]!;
      const moved = partsAtStrength(builder, strength, {
        slope: scales
          ? vector(
              'w_minus_1',
              Float32Array.from(scale, (value) => value - 1),
            )
          : null,
        shift: shifts ? vector('beta', Float32Array.from(shift)) : null,
      });
      const support = hasSupport(map) ? { lower: vector('lo', map.lo), upper: vector('hi', map.hi) } : null;
      return [map.hook, { ...moved, support }] as const;
    }),
  );
  return inserted(model, plan, hooks, builder, (id) => own.get(id)!, channels);
}

/** A support that ends nowhere: only slopes and shifts are asked of the map. */
function withoutEnds({ w }: HookMap): Pick<HookMap, 'lo' | 'hi'> {
  return { lo: new Float32Array(w.length).fill(-1e6), hi: new Float32Array(w.length).fill(1e6) };
}

function inserted(
  model: ModelProto,
  plan: SteeringPlan,
  hooks: readonly SteerablePlace[],
  builder: GraphBuilder,
  parts: (id: string) => Omit<OperatorParts, 'tokens'>,
  channels: ReadonlySet<string> = new Set(),
): ModelProto {
  const tokens = plan.first ? null : builder.input(tokensInput, 'bool', ['batch', 'tokens', 1]);
  const places = steeredPlaces(plan, hooks);
  const prepared = withPrepended(model, builder);
  const counts: string[] = [];
  const moved = places.reduce((changed, { hook, place }) => {
    const own = parts(hook.id);
    return withOperator(changed, place.value, (inner, before) => {
      if (channels.has(hook.id)) {
        channelOperator(inner, before, own, place.value);
        return;
      }
      const inside = steeringOperator(inner, before, { ...own, tokens }, place.value);
      if (plan.counted !== true || !hook.support) return;
      const name = `${insideOutput}/${hook.id}`;
      counts.push(countInside(inner, inside!, 'attention_mask', place.shape.length, name));
    });
  }, prepared);
  if (counts.length === 0) return moved;
  const end = new GraphBuilder('monge/inside');
  end.node('Concat', counts, { axis: 0 }, { name: insideOutput });
  end.output(insideOutput, 'float32', ['hooks', 'batch']);
  return withAppended(moved, end);
}

/** Nodes are in the order of computation. */
function withPrepended(model: ModelProto, builder: GraphBuilder): ModelProto {
  const graph = model.graph ?? {};
  return {
    ...model,
    graph: {
      ...graph,
      node: [...builder.nodes, ...(graph.node ?? [])],
      initializer: [...(graph.initializer ?? []), ...builder.initializers],
      input: [...(graph.input ?? []), ...builder.inputs],
    },
  };
}
