/** @file Opens a tokenizer from the files of a Hugging Face folder or from the metadata of a GGUF file. */
import { readAddedTokens, sectioner, type AddedToken, type Section } from './added-tokens';
import { endOf, startOf } from './aligned';
import { batchOf, kept } from './batch';
import { decoding } from './decode';
import { ggufDefinition } from './gguf';
import { normaliser } from './normalise';
import { checkText } from './pattern';
import { broken, parse, short, type Definition } from './reading';
import { badId, specialIds } from './special';
import { preTokenizer } from './split';
import { streamDecoder } from './stream';
import { chatTemplateOf, declaredOf } from './declared';
import { template, type Template } from './template';
import type { EncodeOptions, Token, Tokenizer, TokenizerKind, TokenizerSource } from './tokenizer';
import type { Segments, Vocabulary } from './segments';
import { vocabulary } from './vocabulary';

const MOST_LETTERS = 256 * 2 ** 20;

/**
 * Builds a tokenizer. What the file asks for and is not known here is refused, never left out: the ids would be others.
 * @throws `tokenizer-missing`, `tokenizer-broken`, `tokenizer-unsupported`, each naming the key
 */
export function openTokenizer(source: TokenizerSource): Tokenizer {
  try {
    return build(source.kind === 'gguf' ? ggufDefinition(source.metadata) : jsonDefinition(source));
  } catch (thrown) {
    // The stack ends in whatever walks over parts that lie hundreds deep in one another.
    if (!(thrown instanceof RangeError)) throw thrown;
    throw broken('tokenizer.json', 'parts that lie too deep in one another', 'a tokenizer');
  }
}

function jsonDefinition(source: TokenizerSource & { kind: 'json' }): Definition {
  const length = source.tokenizer.length + (source.config?.length ?? 0);
  if (length > MOST_LETTERS)
    throw broken('tokenizer.json', `${length} characters`, `${MOST_LETTERS} or fewer`);
  const tokenizer = parse(source.tokenizer, 'tokenizer.json');
  const config = source.config === undefined ? {} : parse(source.config, 'tokenizer_config.json');
  return { tokenizer, config, chatTemplate: source.chatTemplate ?? chatTemplateOf(config.chat_template) };
}

function build({ tokenizer, config, chatTemplate }: Definition): Tokenizer {
  const added = readAddedTokens(tokenizer.added_tokens);
  const { split, bytes } = preTokenizer(tokenizer.pre_tokenizer);
  const model = vocabulary(tokenizer.model, bytes);
  addTokens(model, added);
  const sections = sectioner(added, normaliser(tokenizer.normalizer));
  const frame = template(tokenizer.post_processor);
  for (const id of [...frame.before, ...frame.after])
    if (model.tokens[id] === undefined) throw broken('post_processor', `id ${id}`, 'an id of the vocabulary');
  const decodeTokens = decoding(tokenizer.decoder);
  const special = specialIds(added, config, model);
  const kind: TokenizerKind =
    model.type === 'BPE'
      ? bytes
        ? 'byte-level-bpe'
        : 'bpe'
      : model.type === 'Unigram'
        ? 'unigram'
        : 'word-piece';
  const isSpecial = (id: number): boolean => special.all.has(id);

  const decode = (ids: readonly number[]): string =>
    ids.length === 0 ? '' : decodeTokens(tokensOf(ids, model)).join('');
  const encoded = (
    text: string,
    options: EncodeOptions,
  ): { frame: Template; parts: Part[]; count: number } => {
    checkText(text);
    const parts: Part[] = [];
    let count = 0;
    for (const section of sections(text, options.readSpecial ?? true)) {
      for (const part of section.id === undefined ? split(section.piece) : [section.piece]) {
        if (part.text === '') continue;
        const segments = section.id === undefined ? model.segment(part.text) : undefined;
        parts.push({ section: { ...section, piece: part }, segments });
        count += segments?.ids.length ?? 1;
      }
    }
    return { frame: options.special === false ? { before: [], after: [] } : frame, parts, count };
  };
  const self: Tokenizer = {
    kind,
    vocabulary: model.tokens,
    special,
    chatTemplate,
    declared: declaredOf(tokenizer),
    ids(text, options = {}) {
      const { frame, parts, count } = encoded(text, options);
      const ids: number[] = [];
      for (const { section, segments } of parts)
        if (segments === undefined) ids.push(section.id!);
        else for (const id of segments.ids) ids.push(id);
      const { start, end } = kept(count, options.truncation, frame);
      return [...frame.before, ...(end - start < count ? ids.slice(start, end) : ids), ...frame.after];
    },
    encode(text, options = {}) {
      const { frame, parts, count } = encoded(text, options);
      const tokens = parts.flatMap((part) => placed(part, model));
      const { start, end } = kept(count, options.truncation, frame);
      const outer = (id: number, at: number): Token => ({
        ...{ id, text: model.tokens[id]!, start: at, end: at, added: true },
      });
      return [
        ...frame.before.map((id) => outer(id, 0)),
        ...tokens.slice(start, end),
        ...frame.after.map((id) => outer(id, text.length)),
      ];
    },
    encodeBatch: (texts, options = {}) =>
      batchOf(texts, options, special.pad ?? special.eos, (text, one) => self.ids(text, one)),
    decode: (ids, options = {}) =>
      decode(options.skipSpecial === true ? ids.filter((id) => !isSpecial(id)) : ids),
    decoder: (options = {}) => streamDecoder(decode, (id) => options.skipSpecial === true && isSpecial(id)),
    tokenText: (id) => model.tokens[id] ?? badId(id),
    idOf: (token) => model.ids.get(token),
  };
  return self;
}

interface Part {
  section: Section;
  /** Absent for an added token. */
  segments: Segments | undefined;
}

function placed({ section, segments }: Part, model: Vocabulary): Token[] {
  const { piece } = section;
  if (segments === undefined) {
    const [start, end] = [startOf(piece, 0), endOf(piece, piece.text.length)];
    return [{ id: section.id!, text: model.tokens[section.id!]!, start, end, added: false }];
  }
  return segments.ids.map((id, index) => ({
    id,
    text: model.tokens[id]!,
    start: startOf(piece, segments.starts[index]!),
    end: endOf(piece, segments.ends[index]!),
    added: false,
  }));
}

/** Python's library gives nothing for ids without a token. */
function tokensOf(ids: readonly number[], model: Vocabulary): string[] {
  const tokens: string[] = [];
  for (const id of ids) {
    if (!Number.isInteger(id) || id < 0) badId(id);
    const token = model.tokens[id];
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

/** Enters added tokens into the vocabulary. @throws `tokenizer-broken` where both have another id or another name */
function addTokens(model: Vocabulary, added: readonly AddedToken[]): void {
  const most = model.tokens.length * 8 + 65_536;
  for (const { id, content } of added) {
    const where = `added_tokens ${short(content)}`;
    const before = model.ids.get(content);
    if (before !== undefined && before !== id)
      throw broken(where, `id ${id}`, `id ${before}, as in the vocabulary`);
    const other = model.tokens[id];
    if (other !== undefined && other !== content)
      throw broken(where, `id ${id}`, `an id that is not ${short(other)}'s`);
    if (id > most) throw broken(where, `id ${id}`, `an id below ${most}`);
    model.ids.set(content, id);
    model.tokens[id] = content;
  }
}
