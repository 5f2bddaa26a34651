/** @file A vocabulary as Hugging Face's two tokenizer files. */
import { END_OF_TEXT } from './bytes';
import type { Vocabulary } from './train';

/** The content of `tokenizer.json`: byte-level BPE with one special token. */
export function tokenizerJson({ tokens, merges }: Vocabulary): object {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const end = { id: tokens.indexOf(END_OF_TEXT), content: END_OF_TEXT };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      { ...end, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    ],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

/**
 * The content of `tokenizer_config.json`. The chat template gives the messages a line each, for the model to write on;
 * where texts end with a token of their own it begins with that token.
 */
export function tokenizerConfig(context: number, ends: boolean): object {
  const begin = ends ? '{{ bos_token }}' : '';
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: context,
    bos_token: END_OF_TEXT,
    eos_token: END_OF_TEXT,
    clean_up_tokenization_spaces: false,
    chat_template: `${begin}{% for message in messages %}{{ message['content'] }}{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}`,
  };
}
