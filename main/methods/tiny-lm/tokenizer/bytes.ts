/** @file Text as bytes that are written as letters, and cut where no merge may cross: what byte-level BPE starts from. */

/** Ends a text; the first id of every vocabulary here. */
export const END_OF_TEXT = '<|endoftext|>';

/**
 * A visible character for every byte (Radford et al. 2019): printable Latin-1 stands for itself, the others are counted
 * up from U+0100.
 */
export const letters: readonly string[] = lettersOfBytes();

const byteOf = new Map(letters.map((letter, byte) => [letter, byte]));

/** Contractions, letters, digits and signs with the space before them, and stretches of space (Radford et al. 2019). */
const PIECES =
  /'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** A text cut into words and the spaces and signs between them; joined they are the text. */
export function pieces(text: string): string[] {
  return text.match(PIECES) ?? [];
}

/** The bytes of a text in UTF-8, each written as its letter. A lone surrogate becomes U+FFFD. */
export function spelled(text: string): string[] {
  return Array.from(new TextEncoder().encode(text), (byte) => letters[byte]!);
}

/** The bytes that letters stand for. */
export function bytesOf(spelling: string): Uint8Array {
  return Uint8Array.from(spelling, (letter) => byteOf.get(letter)!);
}

function lettersOfBytes(): string[] {
  let beyond = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(visible ? byte : beyond++);
  });
}
