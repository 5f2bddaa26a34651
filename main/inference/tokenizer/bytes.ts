/** @file GPT-2's table, which gives each byte a printable letter, and UTF-8 with the place of every byte. */

/** Printable bytes are themselves, the others follow from U+0100 on. */
const letters: string[] = [];
let extra = 0;
for (let byte = 0; byte < 256; byte++) {
  const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  letters.push(String.fromCharCode(printable ? byte : 256 + extra++));
}
const byteOf = new Map(letters.map((letter, byte) => [letter, byte]));
const encoder = new TextEncoder();

/** A text's UTF-8, each byte as its letter. Halves of surrogates that stand alone become U+FFFD. */
export function asLetters(text: string): string {
  let result = '';
  for (const byte of encoder.encode(text)) result += letters[byte]!;
  return result;
}

/** The bytes that letters stand for, or undefined where one is none of the table's. */
export function fromLetters(text: string): number[] | undefined {
  const bytes: number[] = [];
  for (const letter of text) {
    const byte = byteOf.get(letter);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return bytes;
}

/** For every byte of a text's UTF-8 the UTF-16 unit where its character starts and ends. */
export function placesOfBytes(text: string): { starts: number[]; ends: number[] } {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let byte = 0; byte < bytes; byte++) {
      starts.push(at);
      ends.push(at + character.length);
    }
    at += character.length;
  }
  return { starts, ends };
}

/** `<0x0A>` and its like, as SentencePiece spells single bytes. */
export function spelledByte(token: string): number | undefined {
  return /^<0x[0-9A-Fa-f]{2}>$/.test(token) ? Number.parseInt(token.slice(3, 5), 16) : undefined;
}
