/** @file Programs that speak the OpenAI interface, over a real socket: with a key they complete and chat, whole or in pieces. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenerateRequest, Generation, LanguageFacts } from '../../contract/language';
import type { ModelInfo } from '../../contract/models';
import { anyPath } from '../../disk/path-policy';
import { fakeEngine, type FakeEngine } from '../../rpc/testing';
import { MongeError, type ErrorDetail } from '../../../native-models/error';
import { serve, type RunningServer } from '../serve';
import { failure } from './answers';
import { readChat, readCompletions } from './requests';

const language = {
  kind: 'decoder',
  levels: [
    { id: 'fp32', available: true, says: '' },
    { id: '4-bit-0', available: true, says: '' },
    { id: '4-bit-4', available: true, says: '' },
  ],
} as unknown as LanguageFacts;
const model = { id: '0123456789abcdef', name: 'tiny-lm', language } as ModelInfo;
const tokens = ['Hello', ' world'].map((text, id) => ({
  ...{ id, text, logProbability: -0.5 - id },
  alternatives: [{ id, text, probability: 0.6 }],
}));
const generation: Generation = {
  ...{ prompt: 'Say', promptTokens: 3, tokens, text: 'Hello world', finish: 'end', level: '4-bit-0' },
  ...{ firstMilliseconds: 1, milliseconds: 2 },
};

let engine: FakeEngine;
let server: RunningServer;
let stopped: Promise<string>;

beforeEach(async () => {
  let stop: (call: string) => void;
  stopped = new Promise((resolve) => (stop = resolve));
  engine = fakeEngine({
    recentModels: async () => [model],
    languageJob: async (_model, call, job) => {
      if ((job as GenerateRequest).sampling.maxTokens === 999) {
        await stopped;
        return { ...generation, finish: 'stopped' };
      }
      engine.emit('languageUpdates', call, [{ kind: 'generate', tokens: [tokens[0]!] }]);
      return generation;
    },
    stopLanguage: async (call) => stop(call),
  });
  server = await serve({ engine, policy: anyPath, rendererFolder: '/nowhere', port: 0 });
});
afterEach(() => server.close());

function ask(path: string, body?: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}${path}`, {
    headers: { authorization: `Bearer ${server.apiKey}` },
    ...(body === undefined
      ? {}
      : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...init,
  });
}
const jobOf = () => engine.calls.find(([name]) => name === 'languageJob')![3] as GenerateRequest;

it('does not speak with models that lie outside the folders it may open, whoever opened them before', async () => {
  await server.close();
  const policy = { allowPath: () => Promise.reject(new Error('outside')) };
  server = await serve({ engine, policy, rendererFolder: '/nowhere', port: 0 });
  expect(await (await ask('/v1/models')).json()).toMatchObject({ data: [] });
  const answer = await ask('/v1/completions', { model: 'tiny-lm', prompt: 'Say' });
  expect(answer.status).toBe(404);
  expect(engine.calls.some(([name]) => name === 'languageJob')).toBe(false);
});

it('keeps the name that a model was given to programs by, when the same file is opened under another', async () => {
  await server.close();
  const named = [{ id: model.id, name: 'mine.gguf' }];
  server = await serve({ engine, policy: anyPath, rendererFolder: '/nowhere', port: 0, named });
  const { data } = (await (await ask('/v1/models')).json()) as { data: { id: string }[] };
  expect(data.map(({ id }) => id)).toEqual(['tiny-lm', 'mine.gguf']);
  const answer = await ask('/v1/completions', { model: 'mine.gguf', prompt: 'Say' });
  expect(await answer.json()).toMatchObject({ model: 'mine.gguf', choices: [{ text: 'Hello world' }] });
});

describe('the OpenAI interface', () => {
  it('lists the language models that are open', async () => {
    const { data } = (await (await ask('/v1/models')).json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(['tiny-lm']);
  });

  it('completes a text at the fastest level that rounds no activations', async () => {
    const answer = await ask('/v1/completions', {
      ...{ model: 'tiny-lm', prompt: 'Say', max_tokens: 4, temperature: 0, stop: '\n', logprobs: 1, seed: 7 },
    });
    expect(await answer.json()).toMatchObject({
      object: 'text_completion',
      model: 'tiny-lm',
      choices: [
        {
          text: 'Hello world',
          finish_reason: 'stop',
          logprobs: { tokens: ['Hello', ' world'], token_logprobs: [-0.5, -1.5], text_offset: [0, 5] },
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
    expect(jobOf()).toMatchObject({
      input: { prompt: 'Say' },
      level: '4-bit-0',
      alternatives: 1,
      sampling: { temperature: 0, maxTokens: 4, stop: ['\n'], seed: 7 },
    });
  });

  it('hands a chat on as it was written, numbers and order of keys and all', async () => {
    const body =
      '{"messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","parameters":{"b":2.0,"1":1e2}}]}';
    const answer = await ask('/v1/chat/completions', body);
    expect(await answer.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'Hello world' } }],
    });
    expect(jobOf().input).toEqual({ chat: body });
  });

  it('streams pieces, loses none, and ends as the interface says', async () => {
    const answer = await ask('/v1/chat/completions', {
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const events = (await answer.text()).split('\n\n').filter(Boolean);
    expect(events.at(-1)).toBe('data: [DONE]');
    const pieces = events.slice(0, -1).map((event) => JSON.parse(event.slice(6)) as never) as {
      choices: { delta: { role?: string; content?: string }; finish_reason: string | null }[];
      usage?: { total_tokens: number };
    }[];
    const choices = pieces.flatMap((piece) => piece.choices);
    expect(choices[0]!.delta.role).toBe('assistant');
    expect(choices.map(({ delta }) => delta.content ?? '').join('')).toBe('Hello world');
    expect(choices.at(-1)!.finish_reason).toBe('stop');
    expect(pieces.at(-1)!.usage!.total_tokens).toBe(5);
  });

  it('stops the model when the caller hangs up', async () => {
    const hangUp = new AbortController();
    const answer = ask('/v1/completions', { prompt: 'Say', max_tokens: 999 }, { signal: hangUp.signal });
    await expect.poll(() => engine.calls.some(([name]) => name === 'languageJob')).toBe(true);
    hangUp.abort();
    await expect(answer).rejects.toThrow();
    const call = engine.calls.find(([name]) => name === 'languageJob')![2];
    expect(await stopped).toBe(call);
  });

  it.each([
    ['no key', 401, 'api-key-missing', '/v1/models', undefined, { headers: {} }],
    [
      'a wrong key',
      401,
      'api-key-missing',
      '/v1/models',
      undefined,
      { headers: { authorization: 'Bearer x' } },
    ],
    ['an unknown model', 404, 'model-not-found', '/v1/completions', { model: 'other', prompt: 'a' }, {}],
    ['no JSON', 400, 'request-invalid', '/v1/completions', '{', {}],
    ['no prompt', 400, 'request-invalid', '/v1/completions', {}, {}],
    [
      'a penalty that is not offered',
      400,
      'request-invalid',
      '/v1/completions',
      { prompt: 'a', presence_penalty: 1 },
      {},
    ],
    ['another path', 404, 'path-unknown', '/v1/embeddings', {}, {}],
    ['a huge body', 413, 'body-too-large', '/v1/completions', 'x'.repeat(5e6), {}],
  ] as const)('refuses %s', async (_, status, code, path, body, init) => {
    const answer = await ask(path, body, init);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code } });
  });

  it.each([
    ['/v1/completions', '{', undefined, /JSON/, 'a JSON object'],
    ['/v1/completions', '[]', undefined, '[]', 'a JSON object'],
    ['/v1/completions', {}, 'prompt', 'nothing', /^a text, or a list of 1 to 64 texts/],
    ['/v1/completions', { prompt: 5 }, 'prompt', '5', /^a text, or a list of 1 to 64 texts/],
    [
      '/v1/completions',
      { prompt: 'a', max_tokens: 0 },
      'max_tokens',
      '0',
      'a whole number from 1 to 1000000',
    ],
    ['/v1/completions', { prompt: 'a', max_tokens: 1e9 }, 'max_tokens', '1000000000', /^a whole number/],
    [
      '/v1/completions',
      { prompt: 'a', temperature: 'hot' },
      'temperature',
      '"hot"',
      'a number from 0 to 100',
    ],
    ['/v1/completions', { prompt: 'a', stop: [1] }, 'stop', '[1]', /^a text, or a list of at most 16 texts/],
    ['/v1/completions', { prompt: 'a', presence_penalty: 1 }, 'presence_penalty', '1', /^0: nothing else/],
    ['/v1/completions', { prompt: 'a', echo: true }, 'echo', 'true', /^false: nothing else/],
    ['/v1/completions', { prompt: 'a', logit_bias: { 5: 1 } }, 'logit_bias.5', /./, /none is offered/],
    ['/v1/chat/completions', {}, 'messages', 'nothing', 'a list of 1 to 1000 messages'],
    ['/v1/chat/completions', { messages: [] }, 'messages', '[]', 'a list of 1 to 1000 messages'],
    ['/v1/chat/completions', { messages: [{}] }, 'messages.0.role', 'nothing', 'an object with a role'],
    [
      '/v1/chat/completions',
      { messages: [{ role: 'user' }], tool_choice: 'required' },
      'tool_choice',
      '"required"',
      /"auto"/,
    ],
    [
      '/v1/chat/completions',
      { messages: [{ role: 'user' }], response_format: { type: 'json_object' } },
      'response_format.type',
      '"json_object"',
      /"text"/,
    ],
  ])('%s says of %j what is wrong with %s', (path, body, key, got, expected) => {
    const read = path === '/v1/completions' ? readCompletions : readChat;
    let detail: ErrorDetail | null = null;
    try {
      read(typeof body === 'string' ? body : JSON.stringify(body));
    } catch (thrown) {
      detail = (thrown as MongeError).detail;
    }
    expect(detail?.code).toBe('request-invalid');
    expect(detail?.where?.key).toBe(key);
    for (const [text, pattern] of [
      [detail?.got, got],
      [detail?.expected, expected],
    ] as const)
      if (typeof pattern === 'string') expect(text).toBe(pattern);
      else expect(text).toMatch(pattern);
    expect(failure(new MongeError(detail!)).body).toMatchObject({ error: { param: key ?? null } });
  });
});
