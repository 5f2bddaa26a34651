/** @file Which tokens of a vocabulary have a trait that steering towards something else should leave as frequent as it was. */
import { offTargetTraits, type OffTargetTrait } from '../../contract/steering-effects';
import { shownToken } from '../insides/text-tokens';
import type { Tokenizer } from '../tokenizer/tokenizer';

/** English words, and the parts that tokenizers cut the short forms into. */
const negations = new Set(
  (
    "no not none nor neither never nothing nobody nowhere without cannot n't 't don doesn didn isn wasn weren aren won " +
    'wouldn couldn shouldn hasn haven hadn'
  ).split(' '),
);

const tests: Record<OffTargetTrait, (text: string) => boolean> = {
  digits: (text) => /\p{Nd}/u.test(text),
  capitals: (text) => /^\s*\p{Lu}/u.test(text),
  negations: (text) => negations.has(text.trim().toLowerCase().replace('’', "'")),
  'sentence-ends': (text) => /[.!?]/.test(text),
};

/** Ids by trait; special tokens have none. */
export function traitTokens(tokenizer: Tokenizer, vocabulary: number): Record<OffTargetTrait, Uint32Array> {
  const found = Object.fromEntries(offTargetTraits.map((trait) => [trait, [] as number[]]));
  for (let id = 0; id < Math.min(vocabulary, tokenizer.vocabulary.length); id++) {
    if (tokenizer.special.all.has(id)) continue;
    const text = shownToken(tokenizer, id);
    for (const trait of offTargetTraits) if (tests[trait](text)) found[trait]!.push(id);
  }
  return Object.fromEntries(
    offTargetTraits.map((trait) => [trait, Uint32Array.from(found[trait]!)]),
  ) as Record<OffTargetTrait, Uint32Array>;
}
