/** @file Maps drawn for tests, and opened graphs of tiny models that they steer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodeModel,
  stream,
  type HookPoint,
  type SteeringPlan,
  type WeightSource,
} from '../../../native-models';
import { openCompute } from '../../compute/session';
import type { GraphLevel, HostTensor } from '../../contract/compute';
import type { HookMap } from '../../contract/steering';
import { buildGraph, describeModel } from '../../models/checkpoint-graph';
import { writeWeights } from '../../models/weight-file';
import { tokenFeeds } from '../insides/runs';
import { NO_END } from '../../steering/map';
import type { StrengthFeeds } from './strength';

export interface DrawnOptions {
  /** Standard deviation of w − 1 and of β. Default .3. */
  size?: number;
  /** Whether about half of the values of size one are outside. Default false. */
  support?: boolean;
  /** Every how manyth unit is left as it is; default 7. */
  left?: number;
}

/** A map for each hook, drawn from its id. */
export function drawnMaps(
  hooks: readonly Pick<HookPoint, 'id' | 'shape'>[],
  { size = 0.3, support = false, left = 7 }: DrawnOptions = {},
): HookMap[] {
  return hooks.map(({ id, shape }) => {
    const width = shape.reduce<number>((product, part) => product * Number(part), 1);
    const draw = (name: string) => stream(3, `maps/${id}/${name}`).normal(new Float32Array(width));
    const end = (sign: number) =>
      support
        ? draw(`end ${sign}`).map((value) => sign * (0.3 + Math.abs(value)))
        : new Float32Array(width).fill(sign * NO_END);
    return {
      hook: id,
      w: draw('w').map((value) => 1 + size * value),
      beta: draw('beta').map((value) => size * value),
      lo: end(-1),
      hi: end(1),
      units: Uint8Array.from({ length: width }, (_, unit) => Number(unit % left !== 0)),
      form: 'interpolate',
    };
  });
}

export interface GraphRun {
  ids: readonly (readonly number[])[];
  mask?: readonly (readonly number[])[];
  /** Ids of hooks; `logits` of decoders among them. */
  outputs: readonly string[];
  plan?: SteeringPlan;
  feeds?: StrengthFeeds;
  /** Default 'basic'. */
  graphLevel?: GraphLevel;
}

/** Graphs with hooks of tiny models, run once each; `close` ends all. */
export class TinyGraphs {
  readonly #compute = openCompute({ threads: 1 });
  readonly #folders: string[] = [];

  /** The values of the outputs by id, and `inside` where the plan counts. */
  async run(
    { config, source }: { config: Record<string, unknown>; source: WeightSource },
    { ids, mask, outputs, plan, feeds = {}, graphLevel = 'basic' }: GraphRun,
  ): Promise<Record<string, HostTensor>> {
    const built = buildGraph(source, describeModel(config), outputs, 'model.weights', 'fp32', plan);
    const folder = await mkdtemp(join(tmpdir(), 'monge-steered-'));
    this.#folders.push(folder);
    await writeWeights(join(folder, 'model.weights'), built.weights);
    const session = await this.#compute.open(encodeModel(built.model), { folder, graphLevel });
    try {
      const answer = await session.run({ ...tokenFeeds(ids, mask), ...feeds });
      const values = new Map(built.hooks.map(({ id, value }) => [id, value]));
      const asked = outputs.map((id) => [id, answer[values.get(id)!]!] as const);
      const inside = answer['steering.inside'];
      return Object.fromEntries(inside ? [...asked, ['inside', inside]] : asked);
    } finally {
      await session.close();
    }
  }

  async close(): Promise<void> {
    await this.#compute.close();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }
}
