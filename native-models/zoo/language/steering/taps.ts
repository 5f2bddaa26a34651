/** @file Steering in graphs whose hooks are values of their own: the operator is put where each value is made. */
import type { GraphBuilder } from '../../../onnx/builder';
import type { HookPoint } from '../config';
import type { Places } from '../positions';
import { countInside, steeringOperator } from './operator';
import { steeredPlaces, steeringParts, type SteeringPlan } from './plan';

export const insideOutput = 'steering.inside';

/**
 * Declares the inputs of the plan and taps its hooks; to be called before their values are made. `where` is null for
 * images, which have no first token. Returns what makes the output of counts, to be called when all are made.
 * @throws as `steeredPlaces`
 */
export function tapSteering(
  builder: GraphBuilder,
  plan: SteeringPlan,
  hooks: readonly HookPoint[],
  where: Places | null,
): () => void {
  const places = steeredPlaces(plan, hooks);
  const parts = builder.scope('steering', () => steeringParts(builder, plan));
  const axes = (from: number, count: number) =>
    builder.constant(
      'int64',
      Array.from({ length: count }, (_, k) => from + k),
      [count],
    );
  const later =
    plan.first || !where
      ? null
      : builder.scope('steering', () => builder.node('Greater', [where.now, builder.constant('int64', [0])]));
  // One for every number of axes, not one a hook: at a token a run these small nodes are what the choice costs.
  const laterIn = new Map<number, string>();
  const chosenTokens = (rank: number) => {
    if (later === null) return null;
    const made = laterIn.get(rank) ?? builder.node('Unsqueeze', [later, axes(2, rank)]);
    laterIn.set(rank, made);
    return made;
  };
  /** By the hook's number: values are made in another order than the plan may have. */
  const counts = new Map<number, string>();
  for (const [index, { hook, place }] of places.entries()) {
    const { shape, value } = place;
    const rank = shape.length;
    const shaped = (name: string | null) =>
      name === null || rank === 1
        ? name
        : builder.node('Reshape', [name, builder.constant('int64', shape.map(Number), [rank])]);
    builder.tap(value, (_, before, name) =>
      builder.scope('steering', () => {
        const { scale, shift, support } = parts(hook.id);
        const tokens = chosenTokens(rank);
        const between = support && { lower: shaped(support.lower)!, upper: shaped(support.upper)! };
        const inside = steeringOperator(
          builder,
          before,
          { scale: shaped(scale), shift: shaped(shift), support: between, tokens },
          name,
        );
        if (!plan.counted || !hook.support) return;
        counts.set(index, countInside(builder, inside!, where && where.validNow, rank));
      }),
    );
  }
  return () => {
    if (counts.size === 0) return;
    const ordered = [...counts].sort(([a], [b]) => a - b).map(([, count]) => count);
    builder.node('Concat', ordered, { axis: 0 }, { name: insideOutput });
  };
}
