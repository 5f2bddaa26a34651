/**
 * @file What of a model is steered, as far as its graph depends on it. The numbers are inputs, one vector for all hooks, so
 * that neither another strength nor another fit needs a new session.
 *
 * | input | for the hooks that have it, one after the other |
 * | --- | --- |
 * | `steering.scale` | 1 + λ(w − 1) |
 * | `steering.shift` | λβ, −0 where it is nothing |
 * | `steering.lower`, `steering.upper` | the support, both ends excluded; equal for units that are not steered |
 */
import { MongeError } from '../../../error';
import type { GraphBuilder } from '../../../onnx/builder';
import type { HookPoint, HookRole } from '../config';
import type { GraphValue } from '../language-graph';
import type { OperatorParts } from './operator';

export interface SteeredHook {
  /** The hook's id. */
  id: string;
  /** Units altogether: width, or heads · headWidth. */
  units: number;
  /** Which parts its map has: without scale only β moves it, without support everything is moved. */
  scale: boolean;
  shift: boolean;
  support: boolean;
}

export interface SteeringPlan {
  /** At most one of a value. */
  hooks: readonly SteeredHook[];
  /** Whether the first token of a text is steered. */
  first: boolean;
  /** Output `steering.inside` [hooks with a support, texts]: how many units of tokens that are no padding were moved. */
  counted?: boolean;
}

const vectors = { scale: 'scale', shift: 'shift', lower: 'support', upper: 'support' } as const;
export type SteeringVector = keyof typeof vectors;
export const steeringVectors = Object.keys(vectors) as readonly SteeringVector[];
export const steeringInput = (vector: SteeringVector): string => `steering.${vector}`;

/** The hooks that take part in a vector, in its order. */
export function hooksOf({ hooks }: SteeringPlan, vector: SteeringVector): readonly SteeredHook[] {
  return hooks.filter((hook) => hook[vectors[vector]]);
}

/** The inputs that a graph steered by this plan has. */
export function steeringInputs(plan: SteeringPlan): GraphValue[] {
  return steeringVectors.flatMap((vector) => {
    const units = hooksOf(plan, vector).reduce((sum, hook) => sum + hook.units, 0);
    return units === 0 ? [] : [{ name: steeringInput(vector), element: 'float32', shape: [units] }];
  });
}

/** Roles whose values cannot be moved: patterns have no units, logits belong to no hook before the end. */
const fixedRoles: readonly string[] = ['pattern', 'logits'] satisfies HookRole[];

/** A value of a graph that may be steered, in whatever network it lies. */
export type SteerablePlace = Pick<HookPoint, 'id' | 'value' | 'shape'> & { role: string };

/**
 * The steered hooks with their places in the graph. @throws `hook-unknown`, `hook-not-steerable`, `steering-hook-twice` for
 * two that are one value, `steering-width`
 */
export function steeredPlaces<P extends SteerablePlace>(
  plan: SteeringPlan,
  hooks: readonly P[],
): { hook: SteeredHook; place: P }[] {
  const taken = new Map<string, string>();
  return plan.hooks.map((hook) => {
    const place = hooks.find(({ id }) => id === hook.id);
    const fail = (code: string, what: string, got?: string, expected?: string) =>
      new MongeError({ code, blame: 'input', what, where: { key: hook.id }, got, expected });
    if (!place) throw fail('hook-unknown', 'this model has no such place to steer');
    if (fixedRoles.includes(place.role))
      throw fail('hook-not-steerable', 'values of this role cannot be steered', place.role);
    const units = place.shape.reduce<number>((product, size) => product * Number(size), 1);
    // Of imported graphs a size may be open.
    if (!Number.isNaN(units) && units !== hook.units)
      throw fail('steering-width', 'the map is for another width', `${hook.units} units`, `${units}`);
    const other = taken.get(place.value);
    if (other !== undefined)
      throw fail('steering-hook-twice', 'two maps are for one and the same value', `${other}, ${hook.id}`);
    taken.set(place.value, hook.id);
    return { hook, place };
  });
}

/**
 * Declares the inputs and cuts them into the parts of every hook, named by it. `factor` gives what a hook's scale is
 * multiplied by, such as the gain of the norm that it goes into.
 */
export function steeringParts(
  builder: GraphBuilder,
  plan: SteeringPlan,
  factor: (hook: SteeredHook) => string | null = () => null,
): (id: string) => Omit<OperatorParts, 'tokens'> {
  for (const { name, element, shape } of steeringInputs(plan)) builder.input(name, element, shape);
  const cut = new Set<string>();
  for (const vector of steeringVectors) {
    const own = hooksOf(plan, vector);
    if (own.length === 0) continue;
    let whole = steeringInput(vector);
    if (vector === 'scale' && own.some((hook) => factor(hook) !== null)) {
      const ones = ({ units }: SteeredHook) =>
        builder.constant('float32', new Array<number>(units).fill(1), [units]);
      const factors = own.map((hook) => factor(hook) ?? ones(hook));
      whole = builder.node('Mul', [whole, builder.node('Concat', factors, { axis: 0 })]);
    }
    const names = own.map(({ id }) => partName(vector, id));
    const sizes = builder.constant(
      'int64',
      own.map(({ units }) => units),
      [own.length],
    );
    builder.nodeOf('Split', [whole, sizes], names, { axis: 0 });
    for (const name of names) cut.add(name);
  }
  const part = (vector: SteeringVector, id: string) => {
    const name = partName(vector, id);
    return cut.has(name) ? name : null;
  };
  return (id) => {
    const lower = part('lower', id);
    const support = lower === null ? null : { lower, upper: part('upper', id)! };
    return { scale: part('scale', id), shift: part('shift', id), support };
  };
}

function partName(vector: SteeringVector, id: string): string {
  return `${steeringInput(vector)}/${id}`;
}
