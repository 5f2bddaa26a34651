/** @file The post-processors of tokenizer.json: which ids stand before and after those of a text. */
import { MOST_TOKENS } from './added-tokens';
import { broken, count, list, record, short, text as textOf, unsupported, type Json } from './reading';

export interface Template {
  before: number[];
  after: number[];
}

/** @throws `tokenizer-unsupported`, `tokenizer-broken` */
export function template(config: unknown, where = 'post_processor'): Template {
  if (config === null || config === undefined) return { before: [], after: [] };
  const step = record(config, where);
  switch (step.type) {
    case 'ByteLevel':
      return { before: [], after: [] };
    case 'Sequence':
      return list(step.processors, where)
        .map((part, index) => template(part, `${where}.${index}`))
        .reduce(
          (inner, outer) => ({
            before: [...outer.before, ...inner.before],
            after: [...inner.after, ...outer.after],
          }),
          { before: [], after: [] },
        );
    case 'TemplateProcessing':
      return single(step, where);
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { before: [pairId(step.cls, where)], after: [pairId(step.sep, where)] };
    default:
      throw unsupported(where, short(step.type), 'a post-processor that is known here');
  }
}

function pairId(value: unknown, where: string): number {
  return count(list(value, where)[1], MOST_TOKENS, where);
}

function single(step: Json, where: string): Template {
  const special = record(step.special_tokens ?? {}, where);
  const result: Template = { before: [], after: [] };
  let seen = false;
  for (const item of list(step.single, where)) {
    const part = record(item, where);
    if (part.Sequence !== undefined) {
      if (seen) throw unsupported(where, 'the text twice', 'the text once');
      seen = true;
      continue;
    }
    const name = textOf(record(part.SpecialToken, where).id, where);
    if (!Object.hasOwn(special, name)) throw broken(where, short(name), 'a token of its special_tokens');
    const ids = list(record(special[name], where).ids, where).map((id) => count(id, MOST_TOKENS, where));
    (seen ? result.after : result.before).push(...ids);
  }
  if (!seen) throw broken(where, 'no place for the text', 'a Sequence');
  return result;
}
