/** @file SentencePiece's BPE knows scores, not merges: the merges that give the same tokens. */

/**
 * Every way to put a token together from two, ranked by the token's score, best first; equal scores have equal ranks, so
 * that the leftmost pair goes first, as in SentencePiece. A part is a token or one letter.
 */
export function mergesFromScores(
  tokens: readonly string[],
  scores: ArrayLike<number>,
): { merges: [string, string][]; ranks: number[] } {
  const known = new Set(tokens);
  const order = tokens.map((_, id) => id).sort((one, other) => scores[other]! - scores[one]! || one - other);
  const merges: [string, string][] = [];
  const ranks: number[] = [];
  let rank = -1;
  let last = Number.NaN;
  for (const id of order) {
    if (scores[id] !== last) rank++;
    last = scores[id]!;
    const letters = [...tokens[id]!];
    for (let at = 1; at < letters.length; at++) {
      const left = letters.slice(0, at).join('');
      const right = letters.slice(at).join('');
      if ((at > 1 && !known.has(left)) || (letters.length - at > 1 && !known.has(right))) continue;
      merges.push([left, right]);
      ranks.push(rank);
    }
  }
  return { merges, ranks };
}
