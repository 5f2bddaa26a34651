/** @file Which ids begin, end, fill up and stand for the unknown. */
import { MongeError } from '../../../native-models/error';
import type { AddedToken } from './added-tokens';
import type { Json } from './reading';
import type { SpecialIds } from './tokenizer';
import type { Vocabulary } from './segments';

/** From tokenizer_config.json, where a token is a name or an object with its `content`. */
export function specialIds(added: readonly AddedToken[], config: Json, model: Vocabulary): SpecialIds {
  const named = (key: string): number | undefined => {
    const value = config[key];
    const name = typeof value === 'object' && value !== null ? (value as Json).content : value;
    return typeof name === 'string' ? model.ids.get(name) : undefined;
  };
  const all = new Set(added.filter(({ special }) => special).map(({ id }) => id));
  const ids: SpecialIds = {
    ...{ bos: named('bos_token'), eos: named('eos_token'), pad: named('pad_token') },
    ...{ unk: named('unk_token') ?? model.unknown, all },
  };
  if (ids.bos === undefined) ids.bos = named('cls_token');
  if (ids.eos === undefined) ids.eos = named('sep_token');
  return ids;
}

export function badId(id: unknown): never {
  throw new MongeError({
    code: 'tokenizer-input',
    blame: 'input',
    what: 'No token has this id.',
    got: String(id),
    expected: 'an id of the vocabulary',
  });
}
