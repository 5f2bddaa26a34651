/** @file The vocabulary inside a GGUF file, said as a tokenizer.json, so that one code reads both. */
import { MongeError } from '../../../native-models/error';
import { MOST_TOKENS } from './added-tokens';
import { mergesFromScores } from './gguf-merges';
import { patternNames, patternsNamed } from './known-patterns';
import { broken, short, unsupported, type Definition, type Json } from './reading';

type Metadata = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

/** Kinds of tokens in GGUF files. */
const TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

interface Fields {
  model: string;
  tokens: string[];
  types?: ArrayLike<number>;
  scores?: ArrayLike<number>;
  merges?: string[];
  /** A text, number or flag of `tokenizer.<key>`. */
  value: (key: string) => unknown;
  flag: (key: string, otherwise: boolean) => boolean;
}

/** @throws `tokenizer-missing`, `tokenizer-broken`, `tokenizer-unsupported` */
export function ggufDefinition(metadata: Metadata): Definition {
  const fields = readFields(metadata);
  const tokenizer = steps(fields);
  tokenizer.added_tokens = addedTokens(fields);
  tokenizer.post_processor = frame(fields);
  const config: Json = {};
  for (const [key, name] of [
    ['bos', 'bos'],
    ['eos', 'eos'],
    ['unknown', 'unk'],
    ['padding', 'pad'],
    ['seperator', 'sep'],
    ['cls', 'cls'],
  ] as const) {
    const id = idOf(fields, key);
    if (id !== undefined) config[`${name}_token`] = fields.tokens[id];
  }
  const template = fields.value('chat_template');
  return { tokenizer, config, chatTemplate: typeof template === 'string' ? template : undefined };
}

function readFields(metadata: Metadata): Fields {
  const read = (key: string): unknown =>
    metadata instanceof Map ? metadata.get(`tokenizer.${key}`) : (metadata as Json)[`tokenizer.${key}`];
  const model = read('ggml.model');
  if (typeof model !== 'string')
    throw new MongeError({
      ...{ code: 'tokenizer-missing', blame: 'input', what: 'The GGUF file holds no tokenizer.' },
      ...{ where: { key: 'tokenizer.ggml.model' }, got: short(model) },
    });
  const tokens = texts(read('ggml.tokens'), 'tokenizer.ggml.tokens');
  if (tokens === undefined) throw broken('tokenizer.ggml.tokens', 'nothing', 'a list of tokens');
  if (tokens.length > MOST_TOKENS)
    throw broken('tokenizer.ggml.tokens', `${tokens.length}`, `${MOST_TOKENS} or fewer`);
  const numbers = (key: string): ArrayLike<number> | undefined => {
    const value = read(key);
    if (value === undefined) return undefined;
    const found = Array.isArray(value) || ArrayBuffer.isView(value) ? (value as ArrayLike<number>) : [];
    if (found.length !== tokens.length)
      throw broken(`tokenizer.${key}`, `${found.length} numbers`, `${tokens.length}, one for each token`);
    return found;
  };
  return {
    ...{ model, tokens, types: numbers('ggml.token_type'), scores: numbers('ggml.scores') },
    merges: texts(read('ggml.merges'), 'tokenizer.ggml.merges'),
    value: (key) => read(key) ?? read(`ggml.${key}`),
    flag(key, otherwise) {
      const value = read(`ggml.${key}`);
      return typeof value === 'boolean' ? value : otherwise;
    },
  };
}

function texts(value: unknown, where: string): string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
  throw broken(where, short(value), 'a list of texts');
}

/** The id that `tokenizer.ggml.<key>_token_id` names. */
function idOf({ value, tokens }: Fields, key: string): number | undefined {
  const id = value(`${key}_token_id`) ?? (key === 'seperator' ? value('separator_token_id') : undefined);
  if (id === undefined) return undefined;
  const number = typeof id === 'bigint' ? Number(id) : id;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < tokens.length)
    return number;
  throw broken(`tokenizer.ggml.${key}_token_id`, short(number), `an id below ${tokens.length}`);
}

function vocabularyOf(tokens: readonly string[]): Json {
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    const before = ids.get(token);
    if (before !== undefined)
      throw broken('tokenizer.ggml.tokens', `${short(token)} as ${before} and ${id}`, 'tokens that differ');
    ids.set(token, id);
  });
  return Object.fromEntries(ids);
}

function steps(fields: Fields): Json {
  switch (fields.model) {
    case 'gpt2':
      return byteLevel(fields);
    case 'llama':
      return sentencePiece(fields);
    case 't5':
      return unigram(fields);
    case 'bert':
      return wordPiece(fields);
    default:
      throw unsupported('tokenizer.ggml.model', short(fields.model), 'gpt2, llama, t5 or bert');
  }
}

/** The split pattern goes by the name that llama.cpp gave it; a name that is not known is refused. */
function byteLevel({ tokens, merges, value, flag }: Fields): Json {
  if (merges === undefined) throw broken('tokenizer.ggml.merges', 'nothing', 'merges');
  const name = value('pre') ?? 'default';
  const patterns = typeof name === 'string' ? patternsNamed(name) : undefined;
  if (patterns === undefined)
    throw unsupported('tokenizer.ggml.pre', short(name), `one of ${patternNames.join(', ')}`);
  const splits = patterns.map((Regex) => ({
    type: 'Split',
    pattern: { Regex },
    behavior: 'Isolated',
    invert: false,
  }));
  const bytes = { type: 'ByteLevel', add_prefix_space: flag('add_space_prefix', false), use_regex: false };
  return {
    model: {
      type: 'BPE',
      vocab: vocabularyOf(tokens),
      merges,
      ignore_merges: patterns.length === 1 && name !== 'gpt-2' && isLlama3(name),
    },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...splits, bytes] },
    decoder: { type: 'ByteLevel' },
  };
}

/** These models take a word that is a token as it is, whatever the merges say. */
const isLlama3 = (name: unknown): boolean =>
  ['llama-bpe', 'llama-v3', 'llama3', 'falcon3', 'pixtral'].includes(name as string);

const replaceBlanks = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };

/** SentencePiece's BPE: no list of merges, the pair whose union has the best score goes first. */
function sentencePiece({ tokens, scores, types, flag }: Fields): Json {
  if (scores === undefined) throw broken('tokenizer.ggml.scores', 'nothing', 'scores');
  const prefix = flag('add_space_prefix', true);
  const fallback = types === undefined || Array.from(types).includes(TYPE.byte);
  const unknown = types === undefined ? 0 : Array.from(types).indexOf(TYPE.unknown);
  return {
    model: {
      ...{ type: 'BPE', vocab: vocabularyOf(tokens), byte_fallback: fallback, fuse_unk: true },
      ...{ unk_token: unknown < 0 ? null : tokens[unknown], ...mergesFromScores(tokens, scores) },
    },
    normalizer: {
      type: 'Sequence',
      normalizers: [...(prefix ? [{ type: 'Prepend', prepend: '▁' }] : []), replaceBlanks],
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        ...[{ type: 'ByteFallback' }, { type: 'Fuse' }],
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
  };
}

function unigram(fields: Fields): Json {
  const { tokens, scores, types, flag, value } = fields;
  if (scores === undefined) throw broken('tokenizer.ggml.scores', 'nothing', 'scores');
  const unknown =
    idOf(fields, 'unknown') ?? (types === undefined ? 0 : Array.from(types).indexOf(TYPE.unknown));
  if (unknown < 0) throw broken('tokenizer.ggml.unknown_token_id', 'nothing', 'an id');
  const charsmap = value('precompiled_charsmap');
  const table =
    ArrayBuffer.isView(charsmap) || Array.isArray(charsmap) ? Buffer.from(charsmap as Uint8Array) : undefined;
  const collapse = [
    { type: 'Replace', pattern: { Regex: '\\A +| +\\z' }, content: '' },
    { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
  ];
  return {
    model: {
      type: 'Unigram',
      vocab: tokens.map((token, id) => [token, scores[id]]),
      unk_id: unknown,
      exact: true,
      // Names of control tokens are no words of a text.
      unmatched: tokens.flatMap((_, id) => (types === undefined || types[id] === TYPE.normal ? [] : [id])),
    },
    normalizer: {
      type: 'Sequence',
      normalizers: [
        ...(table === undefined
          ? []
          : [{ type: 'Precompiled', precompiled_charsmap: table.toString('base64') }]),
        ...(flag('remove_extra_whitespaces', false) ? collapse : []),
        ...(flag('add_space_prefix', true) ? [{ type: 'Prepend', prepend: '▁' }] : []),
        replaceBlanks,
      ],
    },
    // Without tokens that hold a blank inside, words can be cut apart first, and are remembered.
    pre_tokenizer: tokens.some((token) => /[^▁]▁/.test(token))
      ? null
      : { type: 'Split', pattern: { Regex: '▁+[^▁]*' }, behavior: 'Isolated' },
    decoder: {
      type: 'Metaspace',
      replacement: '▁',
      prepend_scheme: flag('add_space_prefix', true) ? 'always' : 'never',
    },
  };
}

/** GGUF marks the beginning of words (`▁the`, `ing`) where BERT's own vocabulary marks what continues (`the`, `##ing`). */
function wordPiece(fields: Fields): Json {
  const { types } = fields;
  const marked = fields.tokens.some((token) => token.startsWith('▁'));
  const tokens = fields.tokens.map((token, id) => {
    const plain = types === undefined ? /^\[.*\]$/.test(token) : types[id] !== TYPE.normal;
    if (!marked || plain) return token;
    return token.startsWith('▁') ? token.slice(1) : `##${token}`;
  });
  fields.tokens = tokens;
  const unknown = idOf(fields, 'unknown');
  return {
    model: {
      type: 'WordPiece',
      vocab: vocabularyOf(tokens),
      unk_token: unknown === undefined ? '[UNK]' : tokens[unknown],
    },
    normalizer: { type: 'BertNormalizer' },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece' },
  };
}

/** Control tokens and words of the user are looked for in the text; where kinds are missing none are. */
function addedTokens({ tokens, types }: Fields): Json[] {
  const added: Json[] = [];
  tokens.forEach((content, id) => {
    const type = types?.[id];
    const special = type === TYPE.control || type === TYPE.unknown;
    if (special || type === TYPE.userDefined) added.push({ id, content, special, normalized: false });
  });
  return added;
}

function frame(fields: Fields): Json {
  const { model, flag, tokens } = fields;
  const bert = model === 'bert';
  const before = flag('add_bos_token', model === 'llama' || bert)
    ? (idOf(fields, 'cls') ?? idOf(fields, 'bos'))
    : undefined;
  const after = flag('add_eos_token', model === 't5' || bert)
    ? idOf(fields, bert ? 'seperator' : 'eos')
    : undefined;
  const part = (id: number | undefined): Json[] =>
    id === undefined ? [] : [{ SpecialToken: { id: tokens[id], type_id: 0 } }];
  const special = [before, after].filter((id) => id !== undefined);
  return {
    type: 'TemplateProcessing',
    single: [...part(before), { Sequence: { id: 'A', type_id: 0 } }, ...part(after)],
    special_tokens: Object.fromEntries(special.map((id) => [tokens[id], { id: tokens[id], ids: [id] }])),
  };
}
