/** @file Tool calls as programs of the OpenAI interface send them reach every template as its model knows them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseExactJson, type ExactJson } from './exact-json';
import { renderChat } from './render';
import { withReadArguments } from './tool-arguments';

const { special, templates } = JSON.parse(
  readFileSync(new URL('testing/chat-templates.json', import.meta.url), 'utf8'),
) as { special: Record<string, string>; templates: Record<string, string> };

const date = new Date(2026, 2, 7, 4, 5, 9);
const render = (template: string) => (messages: ExactJson) =>
  renderChat(template, { messages, specialTokens: special, date });

/** A conversation whose call has these arguments, as JSON: an object, or a text of JSON. */
const conversation = (given: string): ExactJson =>
  parseExactJson(
    `[{"role":"user","content":"How warm?"},{"role":"assistant","content":"","tool_calls":[
      {"id":"abcdefghi","type":"function","function":{"name":"measure","arguments":${given}}}]}]`,
  );
/** Numbers that JavaScript would write otherwise, keys that it would sort. */
const exact = '{"z": 2.0, "10": 12345678901234567890, "2": 1e2, "a": {"ü": "\\"quoted\\""}}';
const asText = JSON.stringify(exact);

const prompt = (template: string, given: string) => {
  const one = render(template);
  return one(withReadArguments(conversation(given), one));
};
/** A template that prints arguments as JSON, as most do. */
const usual =
  '{% for m in messages %}{% for c in m.tool_calls or [] %}{{ c.function.arguments | tojson }}{% endfor %}{% endfor %}';

describe('arguments of a tool call', () => {
  it.each(Object.keys(templates))(
    'given as text read as if given as an object, in the template of %s',
    (family) => {
      const template = templates[family]!;
      const one = render(template);
      let expected: string;
      try {
        expected = one(conversation(exact));
      } catch {
        // A family without tools refuses, or does not print, what it does not know.
        expect(() => prompt(template, asText)).toThrow();
        return;
      }
      expect(prompt(template, asText)).toBe(expected);
    },
  );

  it('keep the text of numbers and the order of keys', () => {
    // As Python has it, whose float 1e2 is printed as 100.0.
    expect(prompt(usual, asText)).toBe(exact.replace('1e2', '100.0'));
    expect(prompt(usual, exact)).toBe(exact.replace('1e2', '100.0'));
  });

  it('stay a text, letter by letter, where the template takes nothing else', () => {
    const joined = usual.replace(
      '{{ c.function.arguments | tojson }}',
      "{{ '[' + c.function.arguments + ']' }}",
    );
    expect(prompt(joined, asText)).toBe(`[${exact}]`);
    const printed = usual.replace(' | tojson', '');
    expect(prompt(printed, asText)).toBe(exact);
  });

  it('may be none', () => {
    expect(prompt(usual, '""')).toBe('{}');
    expect(prompt(usual, '{}')).toBe('{}');
  });

  it.each(['"{"', '"[1]"', '"3"', '"null"', '"not JSON"'])(
    'are refused with their place where they are %s',
    (given) => {
      expect(() => prompt(usual, given)).toThrow(
        expect.objectContaining({
          code: 'request-invalid',
          detail: expect.objectContaining({
            blame: 'input',
            where: { key: 'messages[1].tool_calls[0].function.arguments' },
            got: JSON.stringify(JSON.parse(given)),
          }) as unknown,
        }) as Error,
      );
    },
  );
});
