/** @file The best way to cut a piece into tokens of a unigram model: the greatest sum of their scores. */

/** What an unknown letter costs more than the worst token, as in SentencePiece. */
const UNKNOWN_PENALTY = 10;

export interface Cut {
  /** Absent for letters that are not known. */
  token: string | undefined;
  units: number;
}

/**
 * Ours and not the library's, which adds the next score before it compares and so loses last bits: of two equally good ways
 * it may take the other than Python's.
 */
export function unigramCuts(
  vocabulary: readonly (readonly [string, number])[],
  unknownToken: string,
): (piece: string) => Cut[] {
  const scores = new Map(vocabulary.filter(([token]) => token !== ''));
  const longest = new Map<number, number>();
  let worst = Number.POSITIVE_INFINITY;
  for (const [token, score] of vocabulary) {
    worst = Math.min(worst, score);
    const first = token.codePointAt(0) ?? -1;
    longest.set(first, Math.max(longest.get(first) ?? 0, token.length));
  }
  const unknownScore = worst - UNKNOWN_PENALTY;
  return (piece) => {
    const best = new Float64Array(piece.length + 1).fill(Number.NaN);
    const from = new Int32Array(piece.length + 1);
    const known = new Uint8Array(piece.length + 1);
    best[0] = 0;
    const offer = (start: number, end: number, score: number, isKnown: boolean): void => {
      const total = score + best[start]!;
      // A place that was not reached holds NaN, which no comparison passes.
      if (total <= best[end]!) return;
      best[end] = total;
      from[end] = start;
      known[end] = isKnown ? 1 : 0;
    };
    for (let start = 0; start < piece.length;) {
      const code = piece.codePointAt(start)!;
      const letter = start + (code > 0xffff ? 2 : 1);
      const most = Math.min(piece.length, start + (longest.get(code) ?? 0));
      let alone = false;
      for (let end = letter; end <= most; end++) {
        const token = piece.slice(start, end);
        const score = scores.get(token);
        if (score === undefined) continue;
        offer(start, end, score, token !== unknownToken);
        alone ||= end === letter;
      }
      if (!alone) offer(start, letter, unknownScore, false);
      start = letter;
    }
    const cuts: Cut[] = [];
    for (let end = piece.length; end > 0; end = from[end]!) {
      const start = from[end]!;
      cuts.push({ token: known[end] === 1 ? piece.slice(start, end) : undefined, units: end - start });
    }
    return cuts.reverse();
  };
}

/**
 * A score of a tokenizer.json as Python's library has it: Rust's serde_json reads the digits as one whole number and divides
 * by a power of ten, which rounds twice. Among ways that are equally good the last bit decides.
 */
export function asRustReads(score: number): number {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(
    String(score),
  )!;
  const digits = Number(BigInt(whole! + fraction));
  const power = Number(exponent) - fraction.length;
  const size = power < 0 ? digits / Number(`1e${-power}`) : digits * Number(`1e${power}`);
  return sign === '-' ? -size : size;
}
