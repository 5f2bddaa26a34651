/** @file Which tokens end a text: what the tokenizer and the configuration say, and the ends of turns of known chat formats. */
import type { Tokenizer } from './tokenizer/tokenizer';

/** Ends of a turn that models write without their configuration naming them. */
const turnEnds = ['<|im_end|>', '<|eot_id|>', '<end_of_turn>', '<|end|>', '<|endoftext|>', '<|end_of_text|>'];

export function endTokens(tokenizer: Tokenizer, config: Readonly<Record<string, unknown>>): Set<number> {
  const { special } = tokenizer;
  const ends = new Set<number>();
  if (special.eos !== undefined) ends.add(special.eos);
  const named = config['eos_token_id'];
  for (const id of Array.isArray(named) ? (named as unknown[]) : [named])
    if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) ends.add(id);
  for (const token of turnEnds) {
    const id = tokenizer.idOf(token);
    // A model whose ordinary text is spelt so must not end there.
    if (id !== undefined && special.all.has(id)) ends.add(id);
  }
  return ends;
}
