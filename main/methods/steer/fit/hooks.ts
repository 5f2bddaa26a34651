/** @file Which places of the model are steered, how strongly each, and what the method has where nothing is asked for. */
import { MongeError } from '../../../../native-models/error';
import type { HookFacts, LanguageFacts } from '../../../contract/language';
import type { HookMap, Steering } from '../../../contract/steering';
import { selectHooks } from '../../../inference/hooks';
import { presets } from '../../../steering/presets';
import type { SteerConfig } from '../config';
import type { SteeredHook } from '../stages';

/** Roles whose values are no units of tokens. */
const NOT_STEERED = new Set(['pattern', 'logits']);

/** The pattern of the settings, else the method's own: of one block in the middle where the method takes one. */
export function hookPattern(
  { hooks, method }: Pick<SteerConfig, 'hooks' | 'method'>,
  layers: number,
): string {
  if (hooks.trim() !== '') return hooks;
  const { roles, layers: reach } = presets[method];
  return reach === 'all' || presets[method].choice ? roles : `${roles}:${Math.floor(layers / 2)}`;
}

/** In the order of the model. @throws `hooks-pattern`, `hook-not-steered` */
export function chosenHooks(
  config: Pick<SteerConfig, 'hooks' | 'method'>,
  { hooks, layers }: Pick<LanguageFacts, 'hooks' | 'layers'>,
): SteeredHook[] {
  const chosen = selectHooks(hookPattern(config, layers), hooks);
  const wrong = chosen.find(({ role }) => NOT_STEERED.has(role));
  if (wrong)
    throw new MongeError({
      code: 'hook-not-steered',
      blame: 'input',
      what: 'the values of this hook cannot be steered',
      where: { key: 'hooks' },
      got: wrong.id,
      expected: [...new Set(hooks.map(({ role }) => role))]
        .filter((role) => !NOT_STEERED.has(role))
        .join(', '),
    });
  return chosen.map(steered);
}

export function steered({ id, role, layer, shape }: HookFacts): SteeredHook {
  return { id, role, layer, width: shape.reduce<number>((product, part) => product * Number(part), 1) };
}

/**
 * Factors of the strength by hook, from settings such as `norm_mlp_in:*=0.5`; 1 where none is told.
 * @throws `hooks-pattern`, `scale-malformed`
 */
export function scalesOf(
  scale: readonly string[],
  hooks: readonly SteeredHook[],
): ReadonlyMap<string, number> {
  const factors = new Map<string, number>();
  for (const text of scale) {
    const at = text.lastIndexOf('=');
    const factor = at > 0 && text.slice(at + 1).trim() !== '' ? Number(text.slice(at + 1)) : NaN;
    if (!Number.isFinite(factor))
      throw new MongeError({
        code: 'scale-malformed',
        blame: 'input',
        what: 'a factor of the strength cannot be read',
        where: { key: 'scale' },
        got: JSON.stringify(text),
        expected: 'hooks=factor, such as norm_mlp_in:*=0.5',
      });
    for (const { id } of selectHooks(text.slice(0, at), hooks)) factors.set(id, factor);
  }
  return factors;
}

/** Maps at a strength, each with its factor. */
export function steeringOf(
  maps: readonly HookMap[],
  lambda: number,
  { first, factors }: { first: boolean; factors: ReadonlyMap<string, number> },
): Steering {
  const strengths = maps.map(({ hook }) => lambda * (factors.get(hook) ?? 1));
  return { maps, lambda: factors.size === 0 ? lambda : strengths, first };
}
