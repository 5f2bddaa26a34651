/** @file The velocity network with all its hooks steerable: one session, whose maps are inputs, answers velocities and what each hook's units are on average. */
import {
  encodeModel,
  GraphBuilder,
  type ModelProto,
  type SteeredHook,
  type SteeringPlan,
} from '../../../../native-models';
import { floats } from '../../../compute/run-rows';
import type { Compute, GraphLevel, HostTensor } from '../../../contract/compute';
import type { HookMap, Steering } from '../../../contract/steering';
import { withSteering } from '../../../inference/steering/inserted';
import { strengthFeeds, type StrengthFeeds } from '../../../inference/steering/strength';
import type { NetworkHook } from '../../../models/network-hooks';
import { withAppended } from '../../../models/surgery';
import type { Velocity } from '../../../ode/fixed';
import type { OpenedFlow } from './opened';

/** Rows of one run. */
const ROWS_PER_RUN = 128;

/** What is fed to the network beside points and times. */
export interface Told {
  /** The class of row k is `labels[k % labels.length]`; empty: none. */
  labels: Int32Array;
  /** w of v∅ + w·(v_class − v∅). */
  guidance: number;
}

export const untold: Told = { labels: new Int32Array(0), guidance: 0 };

export interface SteeredField {
  hooks: readonly NetworkHook[];
  /** v(t, x) in data units under maps at a strength; hooks without a map stay as they are. */
  velocity(steering: Pick<Steering, 'maps' | 'lambda'>, told: Told): Velocity;
  /**
   * The means over positions of every hook's units, by id [rows, units], of points [rows, dimension] each at its own time, with
   * maps switched on at λ = 1. A hook's own map is in its value: without one they are what the map will see.
   */
  means(
    points: Float32Array,
    times: Float32Array,
    labels: Int32Array,
    maps: readonly HookMap[],
  ): Promise<Map<string, Float32Array>>;
  close(): Promise<void>;
}

/**
 * Opens the flow with these hooks; at λ = 0, and without maps, it computes what the flow computes bit for bit at `basic`.
 * @throws the codes of opening sessions
 */
export async function openField(
  compute: Compute,
  {
    model,
    told: classes,
    images,
  }: Pick<OpenedFlow, 'model' | 'told'> & { images: { matrix: { columns: number } } },
  hooks: readonly NetworkHook[],
  graphLevel?: GraphLevel,
): Promise<SteeredField> {
  const dimension = images.matrix.columns;
  const plan: SteeringPlan = { first: true, hooks: hooks.map(steerable) };
  const steered = withMeans(
    withSteering(
      model,
      plan,
      hooks.map((hook) => ({ ...hook, shape: [hook.units] })),
      new Set(hooks.filter(({ layout }) => layout === 'channels').map(({ id }) => id)),
    ),
    hooks,
  );
  const options = { label: 'steered flow', device: 'cpu', ...(graphLevel && { graphLevel }) } as const;
  const session = await compute.open(encodeModel(steered), options);

  const numbers = ({ maps, lambda }: Pick<Steering, 'maps' | 'lambda'>): StrengthFeeds => {
    const own = new Map(maps.map((map, at) => [map.hook, { map, at }]));
    const all = hooks.map((hook) => own.get(hook.id)?.map ?? identity(hook));
    const strengths = hooks.map(({ id }) =>
      typeof lambda === 'number' ? lambda : (lambda[own.get(id)?.at ?? -1] ?? 0),
    );
    return strengthFeeds({ maps: all, lambda: strengths, first: true }, plan);
  };
  const feeds = (points: Float32Array, times: Float32Array, code: (row: number) => number) => {
    const rows = times.length;
    const fed: Record<string, HostTensor> = {
      x: floats(points, [rows, dimension]),
      t: floats(times, [rows, 1]),
    };
    if (classes === 0) return fed;
    const data = Int32Array.from({ length: rows }, (_, row) => (code(row) < 0 ? classes : code(row)));
    return { ...fed, label: { type: 'int32', data, dims: [rows] } satisfies HostTensor };
  };
  const pieces = function* (rows: number) {
    for (let first = 0; first < rows; first += ROWS_PER_RUN)
      yield { first, last: Math.min(rows, first + ROWS_PER_RUN) };
  };

  return {
    hooks,
    velocity(steering, { labels, guidance }) {
      const strength = numbers(steering);
      const known = classes > 0 && labels.length > 0;
      const run = async (time: number, points: Float32Array, code: (row: number) => number) => {
        const times = new Float32Array(points.length / dimension).fill(time);
        const answer = await session.run(
          { ...feeds(points, times, code), ...strength },
          { outputs: ['velocity'] },
        );
        return answer.velocity!.data as Float32Array;
      };
      return async (time, points) => {
        const out = new Float32Array(points.length);
        for (const { first, last } of pieces(points.length / dimension)) {
          const part = points.slice(first * dimension, last * dimension);
          const code = (row: number) => labels[(first + row) % labels.length]!;
          const free = known && guidance === 1 ? null : await run(time, part, () => -1);
          const bound = known && guidance !== 0 ? await run(time, part, code) : null;
          const guided = bound && free?.map((value, k) => value + guidance * (bound[k]! - value));
          out.set((guided ?? bound ?? free)!, first * dimension);
        }
        return out;
      };
    },
    async means(points, times, labels, maps) {
      const strength = numbers({ maps, lambda: 1 });
      const whole = new Map(hooks.map(({ id, units }) => [id, new Float32Array(times.length * units)]));
      for (const { first, last } of pieces(times.length)) {
        const part = points.slice(first * dimension, last * dimension);
        const code = (row: number) => labels[(first + row) % labels.length] ?? -1;
        const answer = await session.run(
          { ...feeds(part, times.slice(first, last), code), ...strength },
          { outputs: hooks.map(({ id }) => meanOutput(id)) },
        );
        for (const { id, units } of hooks)
          whole.get(id)!.set(answer[meanOutput(id)]!.data as Float32Array, first * units);
      }
      return whole;
    },
    close: () => session.close(),
  };
}

const meanOutput = (id: string) => `mean/${id}`;

function steerable({ id, units }: NetworkHook): SteeredHook {
  return { id, units, scale: true, shift: true, support: true };
}

function identity({ id, units }: NetworkHook): HookMap {
  return {
    ...{ hook: id, form: 'interpolate' },
    ...{ w: new Float32Array(units).fill(1), beta: new Float32Array(units) },
    ...{ lo: new Float32Array(units), hi: new Float32Array(units), units: new Uint8Array(units) },
  };
}

/** The model with the means of its hooks over positions as outputs [rows, units]. */
function withMeans(model: ModelProto, hooks: readonly NetworkHook[]): ModelProto {
  const builder = new GraphBuilder('monge/means');
  for (const { id, value, layout, units } of hooks) {
    const axes = { units: [], tokens: [1], channels: [2, 3] }[layout];
    const name = { name: meanOutput(id) };
    if (axes.length === 0) builder.node('Identity', [value], {}, name);
    else
      builder.node(
        'ReduceMean',
        [value, builder.constant('int64', axes, [axes.length])],
        { keepdims: 0 },
        name,
      );
    builder.output(meanOutput(id), 'float32', ['batch', units]);
  }
  return withAppended(model, builder);
}
