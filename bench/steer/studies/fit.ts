/** @file Maps fitted on the unsteered model, hook by hook from one capture of both sides. */
import type { LanguageSession } from '../../../main/contract/opened';
import type { HookMap } from '../../../main/contract/steering';
import { fitHook } from '../../../main/steering/fit';

export async function fitSimultaneous(
  session: LanguageSession,
  { source, target, hooks }: { source: readonly string[]; target: readonly string[]; hooks: string },
): Promise<HookMap[]> {
  const texts = [...source, ...target];
  const values = new Map<string, Float32Array>();
  const summary = await session.work(
    {
      ...{ kind: 'capture', hooks, pooling: { kind: 'mean' }, first: true, level: 'fp32', batch: 8 },
      ...{ maxTokens: 32, texts, from: 0 },
    },
    (batch) => {
      for (const [hook, rows] of Object.entries(batch.values)) {
        const width = rows.length / batch.rows.length;
        const all = values.get(hook) ?? new Float32Array(texts.length * width);
        values.set(hook, all);
        batch.rows.forEach((row, k) => all.set(rows.subarray(k * width, (k + 1) * width), row * width));
      }
    },
  );
  return summary.hooks.map(({ id, width }) => {
    const all = values.get(id)!;
    const cut = source.length * width;
    return fitHook(
      id,
      {
        source: { data: all.slice(0, cut), rows: source.length, columns: width },
        target: { data: all.slice(cut), rows: target.length, columns: width },
      },
      { method: 'linear-act', seed: 0 },
    ).map;
  });
}
