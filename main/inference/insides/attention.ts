/** @file Attention patterns of one block on a text, reduced to the cells that a screen can show. */
import { MongeError } from '../../../native-models/error';
import type { AttentionRequest, LanguageAttention } from '../../contract/language';
import { rowOf, type Insides } from './insides';

/** Up to this many tokens the patterns of all blocks are kept ready in one session; above, those of one block. */
const FEW_TOKENS = 384;

/** @throws `hook-unknown` where the block has no pattern: fused attention keeps none, `text-empty` */
export async function attentionOf(insides: Insides, request: AttentionRequest): Promise<LanguageAttention> {
  const start = performance.now();
  const { layer, level, cells } = request;
  const hook = `pattern:${layer}`;
  const patterns = insides.hooks.filter(({ role }) => role === 'pattern').map(({ id }) => id);
  if (!patterns.includes(hook))
    throw new MongeError({
      code: 'hook-unknown',
      blame: 'input',
      what: 'this block has no attention pattern that can be seen',
      where: { key: hook },
      got: insides.absent?.find(({ id }) => id === hook)?.reason,
      expected:
        patterns.length > 0
          ? `pattern:0 to pattern:${patterns.length - 1}`
          : 'a model whose attention is not fused',
    });
  const { shown, ids } = rowOf(await insides.tokens(request.text), insides);
  const runs = await insides.runs(level);
  const found = await runs.run({ ids: [ids], hooks: ids.length <= FEW_TOKENS ? patterns : [hook] });
  const data = found[hook]!.data as Float32Array;
  const tokens = ids.length;
  const all = data.length / tokens ** 2;
  const heads = (request.heads ?? Array.from({ length: all }, (_, head) => head)).filter(
    (head) => head < all,
  );
  const tokensPerCell = Math.max(1, Math.ceil(tokens / cells));
  const side = Math.ceil(tokens / tokensPerCell);
  const values = new Float32Array(heads.length * side * side);
  const entropy = new Float32Array(heads.length);
  heads.forEach((head, k) => {
    const pattern = data.subarray(head * tokens ** 2, (head + 1) * tokens ** 2);
    reduce(pattern, tokens, tokensPerCell, values.subarray(k * side ** 2, (k + 1) * side ** 2), side);
    entropy[k] = meanEntropy(pattern, tokens);
  });
  return {
    ...{ layer, heads, tokens: shown, side, values, tokensPerCell, entropy },
    milliseconds: performance.now() - start,
  };
}

/** The largest share in every square of `step` by `step` tokens: a mean would hide single tokens that are looked at. */
function reduce(pattern: Float32Array, tokens: number, step: number, into: Float32Array, side: number): void {
  for (let to = 0; to < tokens; to += 1)
    for (let from = 0; from < tokens; from += 1) {
      const at = Math.floor(to / step) * side + Math.floor(from / step);
      const share = pattern[to * tokens + from]!;
      if (share > into[at]!) into[at] = share;
    }
}

/** Mean over readers of −Σ p log p, nats. */
function meanEntropy(pattern: Float32Array, tokens: number): number {
  let sum = 0;
  for (const share of pattern) if (share > 0) sum -= share * Math.log(share);
  return sum / tokens;
}
