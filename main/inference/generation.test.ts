/** @file What ends a generation and what is refused, with a decoder that says its alphabet. */
import { describe, expect, it } from 'vitest';
import type { Decoding } from './decoding';
import { generate, type GeneratedToken, type GenerationSettings } from './generation';
import { defaultSampling } from './sampling';
import { letterTokenizer } from './testing';

const vocabulary = 96;
const tokenizer = letterTokenizer(vocabulary);
const idOf = (letter: string) => tokenizer.ids(letter)[0]!;

/** After each token the next one of the vocabulary is the likeliest; `damaged` gives NaN after it. */
function alphabet(damaged = ''): Decoding {
  return {
    vocabulary,
    turnsAnewBeyond: null,
    record: {
      ...{ level: 'fp32', graph: 'plain', plainBecause: 'a test', roundedActivations: false },
      ...{ requantised: false, rescored: false },
    },
    loop: null,
    async step({ ids }) {
      const logits = new Float32Array(ids.length * vocabulary);
      ids.forEach((row, r) => {
        const last = row.at(-1)!;
        logits[r * vocabulary + ((last + 1) % vocabulary)] = 10;
        if (damaged !== '' && last === idOf(damaged)) logits.fill(NaN);
      });
      return { logits, cache: { lengths: [], tensors: {} } };
    },
    close: () => Promise.resolve(),
  };
}

const settings: GenerationSettings = { ...defaultSampling, temperature: 0, maxTokens: 8, stop: [] };
const place = (decoding = alphabet(), context = 64) => ({
  ...{ decoding, tokenizer, context },
  endIds: new Set([idOf('z')]),
});

describe('a text ends', () => {
  it.each([
    ['at the most tokens', 'a', {}, { text: 'bcdefghi', stopped: 'length' }],
    ['at a token that ends texts', 'w', {}, { text: 'xyz', stopped: 'end' }],
    [
      'not there where that is switched off',
      'w',
      { stopAtEnd: false },
      { text: 'xyz{|}~ ', stopped: 'length' },
    ],
    [
      'before a stop string over several tokens',
      'a',
      { stop: ['efg'] },
      { text: 'bcd', stopped: 'stop-string' },
    ],
    ['with what only began like one', 'a', { stop: ['hi!'] }, { text: 'bcdefghi', stopped: 'length' }],
  ] as const)('%s', async (_, prompt, change, expected) => {
    const [made] = await generate(place(), [{ prompt }], { ...settings, ...change });
    expect(made).toMatchObject({ ...expected, prompt });
    expect(made!.logProbabilities).toHaveLength(made!.ids.length);
  });

  it('where the context is full', async () => {
    const [made] = await generate(place(alphabet(), 5), [{ prompt: 'abc' }], settings);
    expect(made).toMatchObject({ text: 'de', stopped: 'context' });
  });

  it('when it is asked to, between runs', async () => {
    let asked = 0;
    const [made] = await generate(place(), [{ prompt: 'a' }], settings, undefined, () => ++asked > 3);
    expect(made).toMatchObject({ text: 'bcd', stopped: 'requested' });
  });

  it('on its own beside others that go on', async () => {
    const made = await generate(place(), [{ prompt: 'x' }, { prompt: 'a' }], settings);
    expect(made.map(({ text, stopped }) => [text, stopped])).toEqual([
      ['yz', 'end'],
      ['bcdefghi', 'length'],
    ]);
  });
});

it('streams text that is settled, which together is the text', async () => {
  const tokens: GeneratedToken[] = [];
  const [made] = await generate(place(), [{ prompt: 'a' }], { ...settings, stop: ['fx', 'j'] }, (token) =>
    tokens.push(token),
  );
  expect(tokens.map(({ text }) => text)).toEqual(['b', 'c', 'd', 'e', '', 'fg', 'h', 'i']);
  expect(tokens.map(({ text }) => text).join('')).toBe(made!.text);
  expect(tokens.map(({ id }) => id)).toEqual(made!.ids);
});

describe('refuses', () => {
  it.each([
    ['nothing to continue', [{ prompt: '' }], {}, 'prompt-empty'],
    ['a prompt as long as the context', [{ prompt: 'a'.repeat(64) }], {}, 'context-exceeded'],
    ['ids that are none', [{ prompt: [1, 96] }], {}, 'token-unknown'],
    ['no new tokens', [{ prompt: 'a' }], { maxTokens: 0 }, 'sampling-setting'],
    ['settings out of range', [{ prompt: 'a' }], { topP: 1.5 }, 'sampling-setting'],
  ])('%s', async (_, requests, change, code) => {
    await expect(generate(place(), requests, { ...settings, ...change })).rejects.toMatchObject({ code });
  });

  it('logits that are no numbers, whatever the settings', async () => {
    for (const temperature of [0, 1])
      await expect(
        generate(place(alphabet('d')), [{ prompt: 'a' }], { ...settings, temperature, topK: 1 }),
      ).rejects.toMatchObject({ code: 'logits-not-finite', detail: { blame: 'input' } });
  });
});
