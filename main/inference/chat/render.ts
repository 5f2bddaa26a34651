/** @file Chat templates, rendered as transformers' `apply_chat_template` does. */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { MongeError } from '../../../native-models/error';
import { withinTime } from '../time-limit';
import { ExactNumber, type ExactJson } from './exact-json';
import { rewriteTree, rules } from './python-rules';
import type { Value } from './python-text';

/** JSON as JavaScript has it, or with the numbers' text and the keys' order kept (`parseExactJson`). */
export type ChatJson =
  | ExactJson
  | number
  | undefined
  | readonly ChatJson[]
  | { readonly [key: string]: ChatJson }
  | ReadonlyMap<string, ChatJson>;

export interface ChatOptions {
  messages: ChatJson;
  tools?: ChatJson;
  documents?: ChatJson;
  /** Ends with the beginning of the answer; off unless told. */
  addGenerationPrompt?: boolean;
  /** Tokens by the names that templates use: `bos_token`, `eos_token` and others. */
  specialTokens?: Readonly<Record<string, string>>;
  /** What else the template may ask for (`enable_thinking`). */
  variables?: Readonly<Record<string, ChatJson>>;
  /** What `strftime_now` tells, in local time. */
  date: Date;
}

const LONGEST_TEMPLATE = 2 ** 20;
const LONGEST_PROMPT = 2 ** 26;
const MILLISECONDS = 2000;

class RefusedByTemplate extends Error {}

/**
 * The prompt of a conversation. Templates are foreign: they are cut after two seconds, and what the engine would print
 * otherwise than Python is done by us or refused.
 * @throws `chat-template` (broken, not known here, too long, without end) and `chat-refused` with the template's own words
 */
export function renderChat(template: string, options: ChatOptions): string {
  if (template.length > LONGEST_TEMPLATE)
    throw failed(`${template.length} characters`, `${LONGEST_TEMPLATE} or fewer`);
  const endless = {
    code: 'chat-template',
    blame: 'input' as const,
    what: 'The chat template found no end.',
    help: 'A template that loops for ever cannot be used; give another one.',
  };
  try {
    return withinTime(MILLISECONDS, endless, () => render(template, options));
  } catch (error) {
    if (error instanceof MongeError) throw error;
    if (error instanceof RefusedByTemplate)
      throw new MongeError({
        ...{ code: 'chat-refused', blame: 'input', what: 'The chat template refuses this conversation.' },
        got: error.message,
      });
    throw failed((error as Error).message, undefined);
  }
}

function failed(got: string, expected: string | undefined): MongeError {
  const what = 'The chat template cannot be rendered.';
  return new MongeError({ code: 'chat-template', blame: 'input', what, got, expected });
}

function render(template: string, options: ChatOptions): string {
  const tree = rewriteTree(parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true })));
  const environment = new Environment();
  const set = (name: string, value: Value): void =>
    void environment.setVariable(name, value as unknown as Parameters<Environment['setVariable']>[1]);
  for (const [name, value] of Object.entries({ true: true, false: false, none: null })) {
    set(name, make(value));
    set(name[0]!.toUpperCase() + name.slice(1), make(value));
  }
  for (const [name, rule] of Object.entries(rules(options.date)))
    set(
      name,
      makeFunction((values, named) => rule(values, named, make)),
    );
  set(
    'raise_exception',
    makeFunction(([message]) => {
      throw new RefusedByTemplate(String(message?.value));
    }),
  );
  for (const [name, value] of Object.entries(options.specialTokens ?? {})) set(name, make(value));
  for (const [name, value] of Object.entries(options.variables ?? {})) set(name, make(value));
  set('messages', withReasoning(make(options.messages)));
  set('tools', make(options.tools ?? null));
  set('documents', make(options.documents ?? null));
  set('add_generation_prompt', make(options.addGenerationPrompt ?? false));
  const result = new Interpreter(environment).run(tree as Parameters<Interpreter['run']>[0]);
  const text = String((result as { value: unknown }).value);
  if (text.length > LONGEST_PROMPT) throw failed(`${text.length} characters`, `${LONGEST_PROMPT} or fewer`);
  return text;
}

/** The engine's kinds of values, which it does not export: each is the kind of one that it makes. */
const kindOf = (value: unknown): new (value: unknown) => Value =>
  new Environment().set('value', value).constructor as new (value: unknown) => Value;
const kinds = {
  base: Object.getPrototypeOf(kindOf('')) as new () => Value,
  ...{ integer: kindOf(1), float: kindOf(0.5), text: kindOf(''), flag: kindOf(true), none: kindOf(null) },
  ...{ missing: kindOf(undefined), list: kindOf([]), object: kindOf({}), function: kindOf(() => null) },
};

/** A value of the engine from plain data. */
function make(value: unknown): Value {
  if (value === null) return new kinds.none(null);
  if (value === undefined) return new kinds.missing(undefined);
  if (typeof value === 'boolean') return new kinds.flag(value);
  if (typeof value === 'string') return new kinds.text(value);
  if (typeof value === 'number') return new (Number.isInteger(value) ? kinds.integer : kinds.float)(value);
  if (value instanceof ExactNumber) {
    const number = new (value.isWhole ? kinds.integer : kinds.float)(Number(value.text));
    if (value.isWhole && !Number.isSafeInteger(number.value)) number.exact = String(BigInt(value.text));
    return number;
  }
  if (value instanceof kinds.base) return value;
  if (Array.isArray(value)) return new kinds.list(value.map(make));
  const pairs = value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value);
  return new kinds.object(
    new Map(pairs.filter(([, item]) => item !== undefined).map(([key, item]) => [key, make(item)])),
  );
}

/** A function of ours; the engine hands arguments given by name as one last value. */
function makeFunction(action: (values: Value[], named: Map<string, Value>) => Value): Value {
  return new kinds.function((args: Value[]) => {
    const last = args.at(-1);
    if (last?.type !== 'KeywordArgumentsValue') return action(args, new Map());
    return action(args.slice(0, -1), last.value as Map<string, Value>);
  });
}

/** Reasoning that came by another name is given by all names that templates use, as transformers does. */
function withReasoning(messages: Value): Value {
  if (!Array.isArray(messages.value)) return messages;
  const list = (messages.value as Value[]).map((message) => {
    if (message.type !== 'ObjectValue') return message;
    const fields = message.value as Map<string, Value>;
    const found = ['reasoning_content', 'thinking', 'reasoning']
      .map((name) => fields.get(name))
      .find((value) => value !== undefined && value.type !== 'NullValue');
    if (found === undefined) return message;
    return new kinds.object(new Map([['thinking', found], ...fields, ['reasoning_content', found]]));
  });
  return new kinds.list(list);
}
