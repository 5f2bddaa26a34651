/** @file The normalisers of tokenizer.json as edits of an aligned text, so that tokens still know their place in the original. */
import { rewrite, type Aligned, type Edit } from './aligned';
import { compilePattern } from './pattern';
import { precompiledEdits } from './precompiled';
import { flag, list, record, short, text as textOf, unsupported, type Json } from './reading';

export type Normaliser = (text: Aligned) => Aligned;

/** @throws `tokenizer-unsupported`, `tokenizer-broken` */
export function normaliser(config: unknown, where = 'normalizer'): Normaliser {
  if (config === null || config === undefined) return (text) => text;
  const step = record(config, where);
  switch (step.type) {
    case 'Sequence': {
      const steps = list(step.normalizers, where).map((part, index) => normaliser(part, `${where}.${index}`));
      return (text) => steps.reduce((soFar, next) => next(soFar), text);
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return unicode(step.type);
    case 'Nmt':
      return byCharacter(nmt);
    case 'Lowercase':
      return byCharacter(lower);
    case 'StripAccents':
      return byCharacter((character) => (/\p{M}/u.test(character) ? '' : character));
    case 'Strip':
      return strip(flag(step.strip_left, true, where), flag(step.strip_right, true, where));
    case 'Prepend': {
      const prefix = textOf(step.prepend, where);
      return (text) => (text.text === '' ? text : rewrite(text, [{ start: 0, end: 0, text: prefix }]));
    }
    case 'Replace':
      return replace(step, where);
    case 'BertNormalizer':
      return bert(step, where);
    case 'Precompiled': {
      const edits = precompiledEdits(textOf(step.precompiled_charsmap, where), where);
      return (text) => rewrite(text, edits(text.text));
    }
    default:
      throw unsupported(where, short(step.type), 'a normaliser that is known here');
  }
}

/** What changes a character at a time; characters left as they are cost nothing. */
function byCharacter(change: (character: string) => string): Normaliser {
  const remembered = new Map<string, string>();
  return (aligned) => {
    const edits: Edit[] = [];
    let at = 0;
    for (const character of aligned.text) {
      let to = remembered.get(character);
      if (to === undefined) remembered.set(character, (to = change(character)));
      if (to !== character) edits.push({ start: at, end: at + character.length, text: to });
      at += character.length;
    }
    return rewrite(aligned, edits);
  };
}

/** Each character alone, as Python's library does: a final Σ becomes σ, where JavaScript's words give ς. */
const lower = (character: string): string => character.toLowerCase();

/** Blanks for blanks of all kinds and nothing for controls, as SentencePiece's rules for translation have it. */
function nmt(character: string): string {
  const code = character.codePointAt(0)!;
  const control =
    (code >= 1 && code <= 8) ||
    code === 11 ||
    (code >= 14 && code <= 31) ||
    code === 127 ||
    code === 143 ||
    code === 159;
  if (control) return '';
  const blank = [9, 10, 12, 13, 0x1680, 0x2028, 0x2029, 0x2581, 0xfeff, 0xfffd];
  return blank.includes(code) || (code >= 0x200b && code <= 0x200f) ? ' ' : character;
}

function replace(step: Json, where: string): Normaliser {
  const pattern = compilePattern(step.pattern, where);
  const content = textOf(step.content, where);
  return (text) =>
    rewrite(
      text,
      pattern.matches(text.text).map(([start, end]) => ({ start, end, text: content })),
    );
}

function strip(left: boolean, right: boolean): Normaliser {
  return (aligned) => {
    const before = left ? /^\p{White_Space}*/u.exec(aligned.text)![0].length : 0;
    let end = aligned.text.length;
    if (right) while (end > before && /\p{White_Space}/u.test(aligned.text[end - 1]!)) end--;
    return rewrite(aligned, [
      { start: 0, end: before, text: '' },
      { start: end, end: aligned.text.length, text: '' },
    ]);
  };
}

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Whole texts are normalised, so that the result is Unicode's; places are those of the grapheme. */
function unicode(form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Normaliser {
  return (aligned) => {
    const normalised = aligned.text.normalize(form);
    if (normalised === aligned.text) return aligned;
    const edits: Edit[] = [];
    for (const { segment, index } of segmenter.segment(aligned.text)) {
      const text = segment.normalize(form);
      if (text !== segment) edits.push({ start: index, end: index + segment.length, text });
    }
    const byGrapheme = rewrite(aligned, edits);
    if (byGrapheme.text === normalised) return byGrapheme;
    return rewrite(aligned, [{ start: 0, end: aligned.text.length, text: normalised }]);
  };
}

/** BERT's cleaning, blanks around Chinese letters, accents off, small letters, in this order. */
function bert(step: Json, where: string): Normaliser {
  const small = flag(step.lowercase, true, where);
  const steps: Normaliser[] = [];
  if (flag(step.clean_text, true, where)) steps.push(byCharacter(clean));
  if (flag(step.handle_chinese_chars, true, where))
    steps.push(
      byCharacter((character) => (isChinese(character.codePointAt(0)!) ? ` ${character} ` : character)),
    );
  if (flag(step.strip_accents, small, where))
    steps.push(
      unicode('NFD'),
      byCharacter((character) => (/\p{Mn}/u.test(character) ? '' : character)),
    );
  if (small) steps.push(byCharacter(lower));
  return (text) => steps.reduce((soFar, next) => next(soFar), text);
}

function clean(character: string): string {
  if (/^[\t\n\r]$/.test(character)) return ' ';
  if (/^[\0\ufffd\p{Cc}\p{Cf}\p{Co}]$/u.test(character)) return '';
  return /^\p{White_Space}$/u.test(character) ? ' ' : character;
}

function isChinese(code: number): boolean {
  return (
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x20000 && code <= 0x2a6df) ||
    (code >= 0x2a700 && code <= 0x2b73f) ||
    (code >= 0x2b740 && code <= 0x2b81f) ||
    (code >= 0x2b920 && code <= 0x2ceaf) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0x2f800 && code <= 0x2fa1f)
  );
}
