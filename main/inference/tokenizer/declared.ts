/** @file What a tokenizer's files declare for whoever asks: lengths to cut and fill up to, and the chat template. */
import { broken, count, list, record, short, text as textOf, type Json } from './reading';
import type { Declared } from './tokenizer';

const LONGEST = 2 ** 31;

/** The `truncation` and `padding` of tokenizer.json. @throws `tokenizer-broken` */
export function declaredOf(tokenizer: Json): Declared {
  const declared: Declared = {};
  if (tokenizer.truncation !== undefined && tokenizer.truncation !== null) {
    const truncation = record(tokenizer.truncation, 'truncation');
    declared.truncation = {
      length: count(truncation.max_length, LONGEST, 'truncation.max_length'),
      side: sideOf(truncation.direction, 'truncation.direction'),
    };
  }
  if (tokenizer.padding !== undefined && tokenizer.padding !== null) {
    const padding = record(tokenizer.padding, 'padding');
    const strategy = padding.strategy;
    declared.padding = {
      padding: sideOf(padding.direction, 'padding.direction'),
      padId: count(padding.pad_id, LONGEST, 'padding.pad_id'),
    };
    if (typeof strategy === 'object' && strategy !== null)
      declared.padding.length = count((strategy as Json).Fixed, LONGEST, 'padding.strategy');
  }
  return declared;
}

function sideOf(value: unknown, where: string): 'left' | 'right' {
  if (value === undefined || value === 'Right') return 'right';
  if (value === 'Left') return 'left';
  throw broken(where, short(value), 'Left or Right');
}

/** One template, or the one named `default` of several. @throws `tokenizer-broken` */
export function chatTemplateOf(value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  const templates = list(value, 'chat_template').map((entry) => record(entry, 'chat_template'));
  const chosen = templates.find(({ name }) => name === 'default');
  return chosen === undefined ? undefined : textOf(chosen.template, 'chat_template');
}
