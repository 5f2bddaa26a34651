/** @file A model steered at some hooks, and the pooled values that its texts have there with any maps on. */
import { GraphBuilder, type HookPoint, type ModelProto, type SteeringPlan } from '../../../../native-models';
import type { HostTensor, Session } from '../../../contract/compute';
import type { RowMatrix } from '../../../contract/projection';
import { flatStates, pooled, tokenWeights } from '../../../models/pooling';
import { withAppended } from '../../../models/surgery';
import { tokenFeeds, type HookedModel } from '../../insides/runs';
import { unitsOf } from '../fit/segment-model';
import { laterTokens, tokensInput } from '../inserted';
import type { StrengthFeeds } from '../strength';

/** A steered graph whose outputs are one pooled value [batch, units] a hook, named by `pooledName`. */
export interface PooledGraph {
  model: ModelProto;
  plan: SteeringPlan;
  hooks: readonly HookPoint[];
}

export const pooledName = (hook: string): string => `pooled/${hook}`;

/**
 * Means over the tokens of a text at every hook, before or after its own map, with the maps of all others on; they move
 * everything and, unless `first`, not the first token. @throws `hook-unknown`, and as `steeredPlaces`
 */
export function pooledGraph(
  model: HookedModel,
  hooks: readonly HookPoint[],
  { first, at }: { first: boolean; at: 'before' | 'after' },
): PooledGraph {
  const plan: SteeringPlan = {
    first,
    hooks: hooks.map((hook) => ({
      ...{ id: hook.id, units: unitsOf(hook) },
      ...{ scale: true, shift: true, support: false },
    })),
  };
  const steered = model.graph(
    hooks.map(({ id }) => id),
    plan,
  ).model;
  const graph = new GraphBuilder('monge/pool');
  const weights = tokenWeights(graph, 'attention_mask', { kind: 'mean' }, { first });
  for (const hook of hooks) {
    const states = flatStates(graph, at === 'after' ? hook.value : `${hook.value}__pre`, hook.shape);
    const value = pooled(graph, states, { weights }, pooledName(hook.id));
    graph.output(value, 'float32', ['batch', unitsOf(hook)]);
  }
  const whole = withAppended(steered, graph);
  return { model: { ...whole, graph: { ...whole.graph, output: graph.outputs } }, plan, hooks };
}

/** Ids of texts, the mask beside them filled up on the right to the longest, or to `width`. */
export function paddedFeeds(
  ids: readonly (readonly number[])[],
  width = Math.max(...ids.map(({ length }) => length)),
): Record<string, HostTensor> {
  const padded = ids.map((row) => [...row, ...Array<number>(width - row.length).fill(0)]);
  const mask = ids.map((row) => Array.from({ length: width }, (_, t) => Number(t < row.length)));
  return tokenFeeds(padded, mask);
}

/** What graphs are told that do not find first tokens themselves. */
export function firstTokens(
  { inputNames }: Pick<Session, 'inputNames'>,
  tokens: Readonly<Record<string, HostTensor>>,
): Record<string, HostTensor> {
  return inputNames.includes(tokensInput) ? { [tokensInput]: laterTokens(tokens) } : {};
}

/** [texts, units] by hook, in the order of the texts, in batches of at most `batch`. */
export async function pooledValues(
  session: Session,
  { hooks }: PooledGraph,
  ids: readonly (readonly number[])[],
  { feeds, batch }: { feeds: StrengthFeeds; batch: number },
): Promise<Map<string, RowMatrix>> {
  const found = new Map(
    hooks.map((hook): [string, RowMatrix] => {
      const columns = unitsOf(hook);
      return [hook.id, { data: new Float32Array(ids.length * columns), rows: ids.length, columns }];
    }),
  );
  for (let start = 0; start < ids.length; start += batch) {
    const tokens = paddedFeeds(ids.slice(start, start + batch));
    const answer = await session.run({ ...tokens, ...firstTokens(session, tokens), ...feeds });
    for (const [id, { data, columns }] of found)
      data.set(answer[pooledName(id)]!.data as Float32Array, start * columns);
  }
  return found;
}
