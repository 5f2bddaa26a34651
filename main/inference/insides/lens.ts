/** @file The logit lens: what the model would say if it ended after each block (nostalgebraist 2020). */
import { MongeError } from '../../../native-models/error';
import type { LanguageLens, LensRequest } from '../../contract/language';
import { rowOf, rowsOf, type Insides } from './insides';
import { divergenceOf, entropyOf, largest } from './likely';
import { logSumExp } from '../sampling';

/**
 * The final norm and the output map on the residual state after every block, at one token.
 * @throws `lens-without-head` for models without an output map, `position-outside`
 */
export async function lens(insides: Insides, request: LensRequest): Promise<LanguageLens> {
  const start = performance.now();
  const { position, level, top } = request;
  const head = await insides.head(level);
  if (!head)
    throw new MongeError({
      code: 'lens-without-head',
      blame: 'input',
      what: 'this model has no output map, so that its states say no token',
      got: insides.headMissing,
      help: 'open a model that predicts tokens',
    });
  const { ids } = rowOf(await insides.tokens(request.text), insides);
  if (position >= ids.length)
    throw new MongeError({
      code: 'position-outside',
      blame: 'input',
      what: 'the text has no such token',
      where: { key: 'position' },
      got: String(position),
      expected: `0 to ${ids.length - 1}`,
    });
  const rows = rowsOf(insides, 'resid_post');
  const runs = await insides.runs(level);
  // What comes later cannot change what was said here.
  const found = await runs.run({ ids: [ids.slice(0, position + 1)], hooks: rows.map(({ hook }) => hook) });
  const { width, vocabulary } = insides;
  const states = new Float32Array(rows.length * width);
  rows.forEach(({ hook }, row) => {
    const data = found[hook]!.data as Float32Array;
    states.set(data.subarray(position * width, (position + 1) * width), row * width);
  });
  const logits = await head.logits(states, rows.length, 'norm');
  const of = (row: number) => logits.subarray(row * vocabulary, (row + 1) * vocabulary);
  const last = of(rows.length - 1);
  const [winner] = largest(last, 1);
  return {
    position,
    rows: rows.map(({ hook, layer }, row) => {
      const here = of(row);
      const all = logSumExp(here);
      const best = largest(here, top);
      const probability = (id: number) => Math.exp(here[id]! - all);
      return {
        ...{ hook, layer },
        top: best.map((id) => ({ id, text: insides.tokenText(id), probability: probability(id) })),
        finalProbability: probability(winner!),
        entropy: entropyOf(here, all),
        divergence: divergenceOf(last, here),
        agrees: best[0] === winner,
      };
    }),
    level,
    milliseconds: performance.now() - start,
  };
}
