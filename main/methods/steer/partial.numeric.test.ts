/** @file A run that is stopped while maps are fitted, and a steered model as a file of its own, on the shipped tiny model. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../../native-models';
import { openCompute } from '../../compute/session';
import type { Dataset } from '../../contract/data';
import type { LanguageSession } from '../../contract/opened';
import { openDataset } from '../../data';
import { tokenFeeds } from '../../inference/insides/runs';
import { logSumExp } from '../../inference/sampling';
import { asker, modelAt, queryContext, recorded, storedRun, type Recorded } from '../testing';
import { config } from './config';
import { files } from './stages';
import { steer } from '.';

const settings = config.parse({
  ...{ to: 'sport', n: 24, certify: false, prompt: ['Anna'], copies: 2, maxTokens: 4, lambda: '1' },
  ...{ control: 'none', neutralTexts: 4, strengthPrompts: 0 },
});
const model = modelAt('samples/tiny-lm');
let source: Dataset;
let session: LanguageSession;
beforeAll(async () => {
  source = await openDataset('samples/sentences.jsonl');
  session = await model.language({ threads: 1 });
});
afterAll(() => source.close());

const inputs = () => ({ model: { ...model, language: async () => session }, source });
const run = (record: Recorded) => steer.run(record.context, inputs(), settings);
const asked = (record: Recorded) => storedRun(record, inputs(), settings as never);

describe('steer', { timeout: 120_000 }, () => {
  it('leaves maps that can be used where it is stopped while fitting, and goes on to the same files', async () => {
    const whole = recorded({ seed: 1 });
    expect(await run(whole)).toBe('done');

    const stopped = recorded({ seed: 1, stop: (_asked, stage) => stage === 'fitted norm_mlp_in:1' });
    expect(await run(stopped)).toBe('stopped');
    const partial = decodeSafetensors(stopped.artifacts.get(files.maps)!);
    expect(JSON.parse(partial.metadata['monge.steering']!)).toMatchObject({
      hooks: ['norm_attn_in:0', 'norm_mlp_in:0', 'norm_attn_in:1', 'norm_mlp_in:1'],
    });
    const ask = asker(steer, asked(stopped));
    const { hooks, fitted } = await ask('overview');
    expect({ fitted, states: hooks.map(({ state }) => state).join(' ') }).toEqual({
      fitted: 4,
      states: 'fitted fitted fitted fitted waiting waiting waiting waiting',
    });
    expect((await ask('maps')).maps).toHaveLength(4);
    expect((await ask('file', { format: 'maps', lambda: 0.5 })).notes.join()).toContain('4 of 8');

    const resume = stopped.checkpoints.at(-1) ?? null;
    const resumed = recorded({ seed: 1, resume, artifacts: stopped.artifacts });
    expect(await run(resumed)).toBe('done');
    for (const name of [files.maps, files.recipe, files.sweep, files.texts])
      expect(resumed.artifacts.get(name), name).toEqual(whole.artifacts.get(name));
  });

  it('writes a model with the maps inside that says what the steered one says', async () => {
    const record = recorded({ seed: 1 });
    await run(record);
    const { maps, first } = await asker(steer, asked(record))('maps');
    const bytes = await steer.exportOnnx!(queryContext(steer, asked(record)));
    const compute = openCompute({ threads: 1 });
    try {
      const opened = await compute.open(bytes, {});
      const ask = { kind: 'score', text: 'Anna runs to the market.', level: 'fp32' } as const;
      const steered = await session.ask({ ...ask, steering: { maps, lambda: 1, first } });
      const plain = await session.ask(ask);
      const ids = steered.tokens.map(({ id }) => id);
      const { logits } = await opened.run(tokenFeeds([ids]));
      const width = logits!.dims[2]!;
      const found = ids.slice(1).map((id, at) => {
        const row = (logits!.data as Float32Array).subarray(at * width, (at + 1) * width);
        return row[id]! - logSumExp(row);
      });
      found.forEach((value, at) => expect(value).toBeCloseTo(steered.logProbabilities[at + 1]!, 3));
      expect(found.some((value, at) => Math.abs(value - plain.logProbabilities[at + 1]!) > 0.1)).toBe(true);
    } finally {
      await compute.close();
    }
  });
});
