/** @file An exported graph whose parts the runtime refuses: maps are fitted in the slow way, the same ones, and a note says so. */
import { afterAll, describe, expect, it } from 'vitest';
import { MongeError } from '../../../../native-models/error';
import { expectClose } from '../../../../native-models/testing/expect-close';
import { openCompute } from '../../../compute/session';
import type { FitSteeringNews, FitSteeringRequest } from '../../../contract/language';
import { openImportedBody } from '../../imported/body';
import { ExportFolders } from '../../imported/testing';
import type { Insides } from '../../insides/insides';
import { fitSteering } from './fit-steering';

const compute = openCompute({ threads: 1 });
const folders = new ExportFolders();
afterAll(async () => {
  await compute.close();
  await folders.close();
});

const numbers = (seed: number) =>
  Array.from({ length: 6 }, (_, text) =>
    Array.from({ length: 4 + text }, (_, k) => (7 * k * k + 11 * text + seed) % 64).join(' '),
  );
const request: FitSteeringRequest = {
  ...{ kind: 'fit-steering', source: numbers(1), target: numbers(30), method: 'mean-act', pooling: 'mean' },
  ...{ hooks: ['norm_attn_in:0', 'attn_out:0', 'norm_mlp_in:1'], first: true, support: 'q_all' },
  ...{ supportFrom: 'pooled', estimation: 'causal', targets: 'steered', seed: 0, level: 'fp32', batch: 4 },
  maxTokens: 0,
};

/** The same insides, but graphs that read more than ids and mask cannot be opened; `after` parts were. */
async function refusing(insides: Insides, after: number): Promise<Insides> {
  const runs = await insides.runs('fp32');
  let parts = 0;
  const open: typeof runs.model.open = (model, level) => {
    const cut = model.graph?.input?.some(({ name }) => name !== 'input_ids' && name !== 'attention_mask');
    if (cut === true && (parts += 1) > after)
      throw new MongeError({ code: 'session-create-failed', what: 'a part cannot be opened' });
    return runs.model.open(model, level);
  };
  const changed = Object.create(runs, { model: { value: { ...runs.model, open } } }) as typeof runs;
  const run: typeof runs.run = (asked) => runs.run(asked);
  return Object.assign(Object.create(insides) as Insides, {
    runs: () => Promise.resolve(Object.assign(changed, { run })),
  });
}

describe('a graph that cannot be cut', () => {
  it.each([0, 1])('is run whole for every hook, told once, after %s parts', async (after) => {
    const { insides } = await openImportedBody(
      await folders.of('decoders/gpt2.export', { config: false, tokenizer: false }),
      compute,
    );
    const told: FitSteeringNews[] = [];
    const { signal } = new AbortController();
    const fit = (own: Insides) =>
      fitSteering({ insides: own, imported: true }, request, (news) => told.push(news), signal);
    const quick = await fit(insides);
    expect(quick.notes).toEqual([]);
    const slow = await fit(await refusing(insides, after));
    expect(slow.notes).toEqual([expect.stringContaining('could not be cut')]);
    expect(told.map((news) => news.kind === 'hook' && news.fitted.map.hook)).toEqual([
      ...request.hooks,
      ...request.hooks,
    ]);
    quick.hooks.forEach(({ map }, k) => {
      expectClose(slow.hooks[k]!.map.beta, map.beta, { rtol: 1e-4, atol: 1e-5 });
    });
    // Of a graph that is built here the same is a fault.
    const own = await refusing(insides, 0);
    await expect(
      fitSteering({ insides: own, imported: false }, request, () => undefined, signal),
    ).rejects.toMatchObject({ code: 'session-create-failed' });
    await insides.close();
  });
});
