/** @file Chat templates of every family against transformers' apply_chat_template, and templates that loop, refuse or are broken. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from './exact-json';
import { renderChat, type ChatOptions } from './render';

interface Case {
  family: string;
  messages: string;
  tools?: string;
  addGenerationPrompt: boolean;
  variables?: Record<string, boolean | string>;
  text?: string;
  refused?: string;
}
const { special, templates, cases } = JSON.parse(
  readFileSync(new URL('testing/chat-templates.json', import.meta.url), 'utf8'),
) as { special: Record<string, string>; templates: Record<string, string>; cases: Case[] };

/** The clock of the reference. */
const date = new Date(2026, 2, 7, 4, 5, 9);
const chat: ChatOptions = { messages: [{ role: 'user', content: 'Hello' }], date };
const code = (name: string): Error => expect.objectContaining({ code: name }) as Error;

describe.each(Object.keys(templates))('the template of the family %s', (family) => {
  it.each(cases.filter((one) => one.family === family))(
    'is rendered as in Python: $messages, tools $tools, prompt $addGenerationPrompt',
    ({ messages, tools, addGenerationPrompt, variables, text, refused }) => {
      const render = () =>
        renderChat(templates[family]!, {
          ...{
            messages: parseExactJson(messages),
            tools: tools === undefined ? undefined : parseExactJson(tools),
          },
          ...{ addGenerationPrompt, specialTokens: special, variables, date },
        });
      if (refused === undefined) expect(render()).toBe(text);
      else expect(render).toThrow(/^chat-(refused|template): /);
    },
  );
});

it('takes plain objects too', () => {
  const template = '{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}';
  expect(renderChat(template, chat)).toBe('[user] Hello');
});

describe('a template', () => {
  const nested = '{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}';
  it.each([
    ['that loops', nested, 'chat-template'],
    ['that calls itself for ever', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', 'chat-template'],
    ['with an absurd range', '{{ range(1000000000) }}', 'chat-template'],
    ['that is broken', '{% for m in messages %}', 'chat-template'],
    ['that asks for a filter that is not known', '{{ messages | telepathy }}', 'chat-template'],
    ['that asks for a date letter that is not known', "{{ strftime_now('%Q') }}", 'chat-template'],
    [
      'that asks for what would find nothing',
      "{{ messages | selectattr('x', 'undefined') | list }}",
      'chat-template',
    ],
    ['that prints a function', '{{ range }}', 'chat-template'],
    ['that refuses', "{{ raise_exception('No.') }}", 'chat-refused'],
  ])('%s is refused', (_, template, name) => {
    expect(() => renderChat(template, chat)).toThrow(code(name));
  });

  it('cannot reach the program that renders it', () => {
    for (const name of ['constructor', '__proto__', 'process', 'globalThis'])
      expect(renderChat(`{{ ${name} }}{{ messages.${name} }}{{ messages[0]['${name}'] }}`, chat)).toBe('');
  });
});

it('refuses requests that are no JSON', () => {
  expect(() => parseExactJson('[1,')).toThrow(code('chat-request'));
  expect(() => parseExactJson('['.repeat(500) + ']'.repeat(500))).toThrow(code('chat-request'));
});
