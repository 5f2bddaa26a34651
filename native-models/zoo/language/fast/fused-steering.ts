/**
 * @file Steering in the graph of fused operators. A norm's scale goes into its gain, once a run; sums that a fused node
 * keeps to itself are computed before it where they are steered, so that with such hooks λ = 0 is the unsteered model up to
 * the order of sums; with all others it is the same bit for bit.
 */
import { MongeError } from '../../../error';
import type { GraphBuilder } from '../../../onnx/builder';
import type { DecoderConfig, HookPoint, HookRole } from '../config';
import { steeringOperator } from '../steering/operator';
import { steeredPlaces, steeringParts, type SteeringPlan } from '../steering/plan';
import type { AttentionInputs } from './attention';
import type { WeightList } from './weight-list';

const blockRoles = [
  'resid_pre',
  'norm_attn_in',
  'attn_out',
  'resid_mid',
  'norm_mlp_in',
  'mlp_gate',
  'mlp_act',
  'mlp_out',
  'resid_post',
] as const satisfies readonly HookRole[];

/** The hooks that the fused graph computes as values of their own; queries, keys and values never leave its nodes. */
export function fusedHooks({ layers, width, hidden }: DecoderConfig): HookPoint[] {
  const hooks: HookPoint[] = [{ id: 'embed', role: 'embed', layer: null, value: 'embed', shape: [width] }];
  for (let layer = 0; layer < layers; layer++)
    for (const role of blockRoles) {
      const inside = role === 'mlp_gate' || role === 'mlp_act';
      const before = layer === 0 ? 'embed' : `resid_post:${layer - 1}`;
      const value = role === 'resid_pre' ? before : `${role}:${layer}`;
      hooks.push({ id: `${role}:${layer}`, role, layer, value, shape: [inside ? hidden : width] });
    }
  hooks.push({ id: 'norm_final', role: 'norm_final', layer: null, value: 'norm_final', shape: [width] });
  return hooks;
}

/** Why the fused operators cannot steer one of these hooks, in words; null where they can. */
export function whyNotFusedSteering(config: DecoderConfig, ids: readonly string[]): string | null {
  const there = new Set(fusedHooks(config).map(({ id }) => id));
  const missing = ids.find((id) => !there.has(id));
  return missing === undefined ? null : `${missing} does not leave the fused operators`;
}

/** The steered values of one graph and of the loop's body in it. */
export class FusedSteering {
  readonly #ids: ReadonlyMap<string, string>;
  readonly #inGain: ReadonlySet<string>;
  readonly #parts: ReturnType<typeof steeringParts>;
  readonly first: boolean;

  /** Declares the inputs in the outer graph. @throws `hook-not-fused`, and as `steeredPlaces` */
  constructor(graph: GraphBuilder, plan: SteeringPlan, config: DecoderConfig, weights: WeightList) {
    const got = whyNotFusedSteering(
      config,
      plan.hooks.map(({ id }) => id),
    );
    if (got !== null)
      throw new MongeError({
        code: 'hook-not-fused',
        blame: 'input',
        what: 'the graph of fused operators cannot steer this hook',
        got,
        expected: [...new Set(fusedHooks(config).map(({ role }) => role))].join(', '),
        help: 'the plain graph can',
      });
    const places = steeredPlaces(plan, fusedHooks(config));
    this.#ids = new Map(places.map(({ hook, place }) => [place.value, hook.id]));
    this.first = plan.first;
    const gains = new Map(
      places.flatMap(({ hook, place }) => {
        const gain = gainOf(place);
        const whole = hook.scale && !hook.support && plan.first;
        return gain !== null && whole ? [[hook.id, gain] as const] : [];
      }),
    );
    this.#inGain = new Set(gains.keys());
    // The body takes them from the checkpoint, in the order of the file that steered and unsteered graphs share.
    const gain = (id: string) => {
      const name = gains.get(id);
      return name === undefined ? null : `${weights.root}${name}`;
    };
    this.#parts = graph.scope('steering', () => steeringParts(graph, plan, ({ id }) => gain(id)));
  }

  steers(value: string): boolean {
    return this.#ids.has(value);
  }

  /** The gain of a norm, with the scale of its output in it where that is possible. */
  gain(value: string, gain: string): string {
    const id = this.#ids.get(value);
    return id !== undefined && this.#inGain.has(id) ? this.#parts(id).scale! : gain;
  }

  /** The value as it goes on; `tokens` as in `laterTokens`, of the rows of the value. */
  apply(graph: GraphBuilder, value: string, before: string, tokens: string | null): string {
    const id = this.#ids.get(value);
    if (id === undefined) return before;
    const { scale, ...parts } = this.#parts(id);
    const inGain = this.#inGain.has(id);
    if (inGain && parts.shift === null) return before;
    const name = `steered ${value}`;
    graph.scope('steering', () =>
      steeringOperator(graph, before, { ...parts, tokens, scale: inGain ? null : scale }, name),
    );
    return name;
  }
}

/**
 * Which of the new tokens are not the first of their text, bool [batch·tokens, 1]: all where there is a cache, else those
 * behind the first of a row.
 */
export function laterTokens(graph: GraphBuilder, { ids, past, settled }: AttentionInputs): string {
  const zero = graph.constant('int64', [0]);
  const one = graph.constant('int64', [1]);
  const size = (of: string, axis: number) =>
    graph.node('Squeeze', [graph.node('Shape', [of], { start: axis, end: axis + 1 })]);
  const order = graph.node('Range', [zero, size(ids, 1), one]);
  const caches = [past, settled].flatMap((names) => (names ? [names[0]!.key] : []));
  const place = caches.reduce((sum, key) => graph.node('Add', [sum, size(key, 2)]), order);
  const never = graph.node('Less', [ids, ids]);
  const later = graph.node('Or', [graph.node('Greater', [place, zero]), never]);
  return graph.node('Reshape', [later, graph.constant('int64', [-1, 1])]);
}

/** The name of the gain of the norm whose output a hook is. */
function gainOf({ role, layer }: HookPoint): string | null {
  if (role === 'norm_attn_in') return `layers.${layer}.input_layernorm.weight`;
  if (role === 'norm_mlp_in') return `layers.${layer}.post_attention_layernorm.weight`;
  return role === 'norm_final' ? 'norm.weight' : null;
}
