/** @file The operator of steering put into a graph that others made: in the way of the values that hooks are. */
import {
  GraphBuilder,
  steeredPlaces,
  steeringOperator,
  steeringParts,
  type HookPoint,
  type ModelProto,
  type OperatorParts,
  type SteeringPlan,
} from '../../../native-models';
import { withOperator } from '../../models/surgery';

/** Which tokens are steered where not all are, bool [batch, tokens, 1]. */
export const tokensInput = 'steering.tokens';

/**
 * The graph steered by the inputs of a plan: those of native-models/zoo/language/steering/plan.ts, and `steering.tokens`
 * where the first token of a text is left as it is.
 * @throws `graph-value-unknown`, and as `steeredPlaces`
 */
export function withSteering(model: ModelProto, plan: SteeringPlan, hooks: readonly HookPoint[]): ModelProto {
  const builder = new GraphBuilder('monge/steering');
  const parts = steeringParts(builder, plan);
  return inserted(model, plan, hooks, builder, parts);
}

function inserted(
  model: ModelProto,
  plan: SteeringPlan,
  hooks: readonly HookPoint[],
  builder: GraphBuilder,
  parts: (id: string) => Omit<OperatorParts, 'tokens'>,
): ModelProto {
  const tokens = plan.first ? null : builder.input(tokensInput, 'bool', ['batch', 'tokens', 1]);
  const places = steeredPlaces(plan, hooks);
  const prepared = withPrepended(model, builder);
  return places.reduce((changed, { hook, place }) => {
    const own = parts(hook.id);
    return withOperator(changed, place.value, (inner, before) => {
      steeringOperator(inner, before, { ...own, tokens }, place.value);
    });
  }, prepared);
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
