/** @file Operators that can move every hook of a model: none at strength 0, one chosen from outside without a new session. */
import { GraphBuilder, stream, type HookPoint, type ModelProto } from '../../../native-models';
import { withAppended, withOperator } from '../../models/surgery';

/** The inputs that the operators add: strengths by hook and text, float32 [hooks, batch], and a factor by token, float32 [tokens]. */
export const operatorInputs = { strengths: 'monge.strengths', ramp: 'monge.ramp' } as const;

/**
 * The model with t + s_{h,text} · r(token) · c(unit) in the way of every hook's value t, where c is drawn once per hook. What
 * is moved differs from token to token: attention does not see a shift that all keys share. Hooks of one value share one
 * operator, under the first of them.
 */
export function withMovers(model: ModelProto, hooks: readonly HookPoint[]): ModelProto {
  const inputs = new GraphBuilder('monge/movers');
  inputs.input(operatorInputs.strengths, 'float32', [hooks.length, 'batch']);
  inputs.input(operatorInputs.ramp, 'float32', ['tokens']);
  const values = new Set<string>();
  return hooks.reduce(
    (changed, hook, at) => {
      if (values.has(hook.value)) return changed;
      values.add(hook.value);
      return withOperator(changed, hook.value, (graph, before) => {
        const strengths = graph.node('Gather', [operatorInputs.strengths, graph.constant('int64', [at])]);
        const rank = hook.shape.length + (hook.role === 'pattern' ? 0 : 1);
        const inner = Array.from({ length: rank }, (_, axis) => axis + 1);
        const axes = graph.constant('int64', inner, [inner.length]);
        const strength = graph.node('Unsqueeze', [strengths, axes]);
        const moved = graph.node('Mul', [directionOf(graph, hook), strength]);
        graph.node('Add', [before, moved], {}, { name: hook.value });
      });
    },
    withAppended(model, inputs),
  );
}

/** r(token) · c(unit), ready to be multiplied with strengths of texts: [tokens, …] or, of patterns, [heads, tokens, tokens]. */
function directionOf(graph: GraphBuilder, hook: HookPoint): string {
  const pattern = hook.role === 'pattern';
  const sizes = pattern ? [Number(hook.shape[0])] : hook.shape.map(Number);
  const count = sizes.reduce((product, size) => product * size, 1);
  const normals = stream(0, `certify.${hook.id}`).normal(new Float32Array(count));
  const units = graph.tensor(`monge.direction/${hook.id}`, {
    data: normals,
    shape: pattern ? [...sizes, 1, 1] : sizes,
  });
  const axes = (...which: number[]) => graph.constant('int64', which, [which.length]);
  const unsqueezed = (...which: number[]) => graph.node('Unsqueeze', [operatorInputs.ramp, axes(...which)]);
  if (!pattern) {
    const after = sizes.map((_, k) => k + 1);
    return graph.node('Mul', [unsqueezed(...after), units]);
  }
  const square = graph.node('Mul', [unsqueezed(1), unsqueezed(0)]);
  return graph.node('Mul', [square, units]);
}

/** Factors by token that have no period of a few tokens. */
export function rampOf(tokens: number): Float32Array {
  return Float32Array.from({ length: tokens }, (_, token) => 1 + 0.5 * Math.cos(1.7 * token));
}
