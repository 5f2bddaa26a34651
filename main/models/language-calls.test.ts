/** @file The calls about language models as a view makes them: which model, in which turn, what is told meanwhile, how a job is stopped. */
import { describe, expect, it } from 'vitest';
import type { LanguageFacts, LanguageJob, LanguageUpdate } from '../contract/language';
import type { ModelInfo } from '../contract/models';
import { LanguageCalls } from './language-calls';

const certify: LanguageJob = { kind: 'certify' };
const generate: LanguageJob = {
  kind: 'generate',
  input: { prompt: 'Once' },
  sampling: {
    ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 },
    ...{ seed: 0, maxTokens: 4, stop: [] },
  },
  level: 'fp32',
  alternatives: 0,
};

/** A process that answers when it is told to. */
function setup() {
  const asked: {
    kind: string;
    answer: (value: unknown) => void;
    news: (one: unknown) => void;
    signal?: AbortSignal;
  }[] = [];
  const told: [string, LanguageUpdate[]][] = [];
  const sent: { path: string; sha256?: string }[] = [];
  const calls = new LanguageCalls({
    process: {
      ask: ({ ask, ...place }, onUpdate = () => undefined, { signal } = {}) =>
        new Promise((answer) => {
          sent.push(place);
          asked.push({ kind: ask.kind, answer, news: onUpdate, ...(signal ? { signal } : {}) });
        }),
    },
    tell: (call, updates) => void told.push([call, updates]),
    threads: 1,
    cacheFolder: '/cache',
  });
  const models: Record<string, Partial<ModelInfo>> = {
    words: { id: 'words', path: '/words', sha256: '5'.repeat(64), language: {} as LanguageFacts },
    graph: { id: 'graph', path: '/graph' },
  };
  return { asked, told, sent, api: calls.calls((id) => models[id] as ModelInfo) };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('calls about language models', () => {
  it('let words come while hooks are certified, and jobs of one kind one after the other', async () => {
    const { api, asked } = setup();
    const first = api.languageJob('words', 'a', certify);
    const words = api.languageJob('words', 'b', generate);
    void api.languageJob('words', 'c', certify);
    await settled();
    expect(asked.map(({ kind }) => kind)).toEqual(['certify', 'generate']);
    asked[1]!.answer('said');
    expect(await words).toBe('said');
    asked[0]!.answer([]);
    await first;
    await settled();
    expect(asked.map(({ kind }) => kind)).toEqual(['certify', 'generate', 'certify']);
  });

  it('tell all news before a job resolves, and stop it by its name', async () => {
    const { api, asked, told } = setup();
    const job = api.languageJob('words', 'a', certify);
    await settled();
    asked[0]!.news({ kind: 'certify', certificates: [] });
    asked[0]!.news(null);
    await api.stopLanguage('a');
    expect(asked[0]!.signal!.aborted).toBe(true);
    asked[0]!.answer([]);
    await job;
    expect(told).toEqual([['a', [{ kind: 'certify', certificates: [] }]]]);
  });

  it('hold a file of maps against the hash of the model that they ask about', async () => {
    const { api, sent } = setup();
    void api.language('words', { kind: 'steering-file', name: 'a.safetensors', bytes: new Uint8Array(1) });
    void api.language('words', { kind: 'facts' });
    await settled();
    expect(sent.map(({ sha256 }) => sha256)).toEqual(['5'.repeat(64), undefined]);
  });

  it('refuse a model that is none of language, and a name that is taken', async () => {
    const { api } = setup();
    await expect(api.language('graph', { kind: 'facts' })).rejects.toMatchObject({
      code: 'model-not-language',
    });
    void api.languageJob('words', 'a', certify);
    await expect(api.languageJob('words', 'a', certify)).rejects.toMatchObject({ code: 'call-taken' });
  });
});
