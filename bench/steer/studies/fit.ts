/** @file Maps fitted as the method Steer fits them. */
import type { LanguageSession } from '../../../main/contract/opened';
import type { HookMap } from '../../../main/contract/steering';

/** Linear-AcT with causal estimation at all norms of all blocks. */
export async function fitNorms(
  session: LanguageSession,
  source: readonly string[],
  target: readonly string[],
): Promise<HookMap[]> {
  const { hooks } = await session.ask({ kind: 'facts' });
  const norms = hooks.filter(({ role, layer }) => role.startsWith('norm_') && layer !== null);
  const fitted = await session.work(
    {
      ...{ kind: 'fit-steering', source, target, method: 'linear-act', hooks: norms.map(({ id }) => id) },
      ...{ pooling: 'mean', first: true, support: 'q_all', supportFrom: 'pooled' },
      ...{ estimation: 'causal', targets: 'steered', seed: 0, level: 'fp32', batch: 8, maxTokens: 32 },
    },
    () => undefined,
  );
  return fitted.hooks.map(({ map }) => map);
}
