/**
 * @file Arguments of tool calls: programs send them as a text that is JSON, most templates print them as an object. Printed
 * as they came they would be JSON in JSON, which no model was trained on.
 */
import { MongeError } from '../../../native-models/error';
import { parseExactJson, type ExactJson } from './exact-json';

/**
 * The messages in the form that the template prints rightly: arguments read into objects, or left as texts where the
 * template takes nothing else. Numbers keep their text and keys their order.
 * @throws `request-invalid` with the place, for a text that is no JSON object
 */
export function withReadArguments(messages: ExactJson, render: (messages: ExactJson) => string): ExactJson {
  if (!hasTexts(messages) || takesTextsAlone(render)) return messages;
  return mapList(messages, (message, m) =>
    changed(message, 'tool_calls', (calls) =>
      mapList(calls, (call, c) => {
        const key = `messages[${m}].tool_calls[${c}].function.arguments`;
        return changed(call, 'function', (called) =>
          changed(called, 'arguments', (text) => (typeof text === 'string' ? read(text, key) : text)),
        );
      }),
    ),
  );
}

function hasTexts(messages: ExactJson): boolean {
  let found = false;
  mapList(messages, (message) =>
    changed(message, 'tool_calls', (calls) =>
      mapList(calls, (call) =>
        changed(call, 'function', (called) =>
          changed(called, 'arguments', (value) => {
            found ||= typeof value === 'string';
            return value;
          }),
        ),
      ),
    ),
  );
  return found;
}

/** Whether a call whose arguments are an object is not printed as JSON by the template, and one whose arguments are a text is. */
function takesTextsAlone(render: (messages: ExactJson) => string): boolean {
  const text = '{"needle": "found"}';
  return !prints(render, parseExactJson(text)) && prints(render, text);
}

function prints(render: (messages: ExactJson) => string, value: ExactJson): boolean {
  // Some templates want ids of nine letters.
  const call = new Map<string, ExactJson>([
    ['id', 'abcdefghi'],
    ['type', 'function'],
    ['function', new Map([['name', 'tool'] as [string, ExactJson], ['arguments', value]])],
  ]);
  const user = new Map<string, ExactJson>([
    ['role', 'user'],
    ['content', 'text'],
  ]);
  const answer = new Map<string, ExactJson>([
    ['role', 'assistant'],
    ['content', ''],
    ['tool_calls', [call]],
  ]);
  try {
    return /"needle"\s*:\s*"found"/.test(render([user, answer]));
  } catch (thrown) {
    if (thrown instanceof MongeError) return false;
    throw thrown;
  }
}

function read(text: string, key: string): ExactJson {
  // What programs send for a tool without arguments.
  if (text.trim() === '') return new Map();
  const value = parsed(text);
  if (value instanceof Map) return value;
  throw new MongeError({
    code: 'request-invalid',
    blame: 'input',
    what: 'the arguments of a tool call cannot be read',
    where: { key },
    got: JSON.stringify(text.slice(0, 80)),
    expected: 'a text that is a JSON object, or the object itself',
  });
}

function parsed(text: string): ExactJson {
  try {
    return parseExactJson(text);
  } catch (thrown) {
    if (thrown instanceof MongeError && thrown.code === 'chat-request') return null;
    throw thrown;
  }
}

const mapList = (value: ExactJson, change: (item: ExactJson, index: number) => ExactJson): ExactJson =>
  Array.isArray(value) ? value.map(change) : value;

/** A copy of an object with one of its values changed, in its place; anything else as it is. */
function changed(value: ExactJson, key: string, change: (item: ExactJson) => ExactJson): ExactJson {
  if (!(value instanceof Map)) return value;
  const item = value.get(key);
  return item === undefined ? value : new Map(value).set(key, change(item));
}
