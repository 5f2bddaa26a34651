/** @file Which places of the network are steered, and how they are numbered. */
import { selectHooks } from '../../../inference/hooks';
import type { NetworkHook } from '../../../models/network-hooks';
import type { SteeredHook } from '../stages';

/** Norms, as the method has it; hidden layers of a network that has none. */
const USUAL = ['norm_*', 'mlp_act'];

/** Hooks with the number of their block in the order of computation, by which a pattern names them; null outside the blocks. */
export function numbered(hooks: readonly NetworkHook[]): (NetworkHook & { layer: number | null })[] {
  const blocks = [...new Set(hooks.flatMap(({ block }) => block ?? []))];
  return hooks.map((hook) => ({ ...hook, layer: hook.block === null ? null : blocks.indexOf(hook.block) }));
}

/** In the order of the model. @throws `hooks-pattern` */
export function chosenFlowHooks(pattern: string, hooks: readonly NetworkHook[]) {
  const all = numbered(hooks);
  if (pattern.trim() !== '') return selectHooks(pattern, all);
  const usual = USUAL.find((roles) => {
    const test = new RegExp(`^${roles.replace('*', '\\w*')}$`);
    return all.some(({ role }) => test.test(role));
  });
  return selectHooks(usual ?? '', all);
}

export function steeredHook({ id, role, layer, units }: NetworkHook & { layer: number | null }): SteeredHook {
  return { id, role, layer, width: units };
}
