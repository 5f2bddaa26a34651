/** @file A model's insides on a text: one value per layer and token, and what the model would say next after each. */
import type {
  ExactLevel,
  LanguageLook,
  LanguageToken,
  LikelyToken,
  LookRequest,
} from '../../contract/language';
import { MongeError } from '../../../native-models/error';
import type { HostTensor } from '../../contract/compute';
import { directionsOf, requireWidth, statesOf } from './directions';
import { rowOf, rowsOf, type Insides } from './insides';
import { largest } from './likely';
import { logSumExp } from '../sampling';

/** Tokens whose logits are held at a time. */
const CHUNK = 64;

/** `other` is the model that the measure compares with. @throws `hook-unknown`, `text-empty`, `tokens-differ`, `widths-differ` */
export async function look(insides: Insides, request: LookRequest, other?: Insides): Promise<LanguageLook> {
  const start = performance.now();
  const rows = rowsOf(insides, request.role);
  if (rows.length === 0) throw unknownRole(request.role, insides);
  const { shown, ids, leftOut } = rowOf(await insides.tokens(request.text), insides);
  const hooks = rows.map(({ hook }) => hook);
  const runs = await insides.runs(request.level);
  const final = finalHook(insides);
  const found = await runs.run({ ids: [ids], hooks: [...hooks, ...final] });
  const states = hooks.map((hook) => found[hook]!.data as Float32Array);
  const norms = new Float32Array(rows.length * ids.length);
  each(states, ids.length, (row, token, state) => {
    norms[row * ids.length + token] = normOf(state);
  });
  const measured = await measure(insides, request, { hooks, states, shown, norms }, other);
  const said = final.length > 0 ? await nextTokens(insides, found, ids, request.level) : nothing;
  return {
    ...{ tokens: shown, leftOut, rows, norms, ...measured, ...said },
    level: request.level,
    milliseconds: performance.now() - start,
  };
}

/** What tells the next tokens: states that the output map can be put on, or, where it was not found, the logits themselves. */
function finalHook({ kind, hooks, headMissing }: Insides): string[] {
  if (kind !== 'decoder') return [];
  const role = headMissing === undefined ? 'norm_final' : 'logits';
  return hooks.some(({ id }) => id === role) ? [role] : [];
}

const nothing = { next: [] as LikelyToken[], logProbabilities: new Float32Array() };

interface Found {
  hooks: string[];
  /** Of every row, [tokens, width]. */
  states: Float32Array[];
  shown: LanguageToken[];
  norms: Float32Array;
}

type Measured = Pick<LanguageLook, 'values' | 'scale' | 'label' | 'formula'>;

async function measure(
  insides: Insides,
  { measure: asked, level }: LookRequest,
  { hooks, states, shown, norms }: Found,
  other?: Insides,
): Promise<Measured> {
  const tokens = shown.length;
  const values = new Float32Array(norms.length).fill(NaN);
  switch (asked.kind) {
    case 'norm':
      return { values: norms, scale: 'log', label: 'norm', formula: '‖h‖, the Euclidean norm of the state' };
    case 'cosine': {
      const at = await directionsOf(insides, asked.direction, hooks, level);
      each(states, tokens, (row, token, state) => (values[row * tokens + token] = cosine(state, at(row))));
      const label = `cosine to ${asked.direction.name}`;
      return { values, scale: 'diverging', label, formula: 'h·d / (‖h‖ ‖d‖)' };
    }
    case 'text':
    case 'level':
    case 'model': {
      const { against, on, text, label } = comparison(insides, asked, level, shown, other);
      requireWidth(against.width, insides.width);
      if (asked.kind === 'model') await requireTokens(against, text, shown);
      const rows = hooks.filter((hook) => against.hooks.some(({ id }) => id === hook));
      const theirs = await statesOf(against, text, rows, on);
      each(states, tokens, (row, token, state) => {
        const there = rows.indexOf(hooks[row]!);
        if (there < 0 || token >= theirs.tokens) return;
        values[row * tokens + token] =
          distance(state, theirs.of(there, token)) / norms[row * tokens + token]!;
      });
      const formula = '‖h − h′‖ / ‖h‖, tokens matched by their place from the start';
      return { values, scale: 'linear', label, formula };
    }
  }
}

function comparison(
  insides: Insides,
  asked: Extract<LookRequest['measure'], { kind: 'text' | 'level' | 'model' }>,
  level: ExactLevel,
  shown: readonly LanguageToken[],
  other: Insides | undefined,
): { against: Insides; on: ExactLevel; text: string; label: string } {
  const own = textOf(shown);
  if (asked.kind === 'text') return { against: insides, on: level, text: asked.other, label: 'Δ text' };
  if (asked.kind === 'level')
    return { against: insides, on: asked.other, text: own, label: `Δ ${asked.other}` };
  return { against: other ?? insides, on: level, text: own, label: 'Δ model' };
}

/** States at one position are compared, which says nothing where the positions hold other tokens. */
async function requireTokens(against: Insides, text: string, shown: readonly LanguageToken[]): Promise<void> {
  const theirs = await against.tokens(text);
  const at = shown.findIndex(({ id }, k) => theirs[k]?.id !== id);
  if (at < 0) return;
  const word = (token: LanguageToken | undefined): string =>
    token ? `${JSON.stringify(token.text)} (${token.id})` : 'no token';
  throw new MongeError({
    code: 'tokens-differ',
    blame: 'input',
    what: 'the two models read this text as other tokens',
    where: { key: 'measure' },
    got: `${word(theirs[at])} at token ${at}`,
    expected: word(shown[at]),
    help: 'compare models with the same tokenizer, such as a model and what was trained on from it',
  });
}

/** The text that tokens of one text cover. */
function textOf(tokens: readonly LanguageToken[]): string {
  return tokens
    .filter(({ special }) => !special)
    .map(({ text }) => text)
    .join('');
}

/** The likeliest next token after each, and how likely each was after those before it. */
async function nextTokens(
  insides: Insides,
  found: Readonly<Record<string, HostTensor>>,
  ids: readonly number[],
  level: ExactLevel,
): Promise<Pick<LanguageLook, 'next' | 'logProbabilities'>> {
  const head = await insides.head(level);
  const normed = found.norm_final?.data as Float32Array | undefined;
  const whole = found.logits?.data as Float32Array | undefined;
  const { width, vocabulary } = insides;
  const next: LikelyToken[] = [];
  const logProbabilities = new Float32Array(ids.length).fill(NaN);
  for (let from = 0; from < ids.length; from += CHUNK) {
    const count = Math.min(CHUNK, ids.length - from);
    const logits =
      head && normed
        ? await head.logits(normed.subarray(from * width, (from + count) * width), count, 'map')
        : whole!.subarray(from * vocabulary, (from + count) * vocabulary);
    for (let row = 0; row < count; row += 1) {
      const here = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      const all = logSumExp(here);
      const [id] = largest(here, 1);
      next.push({ id: id!, text: insides.tokenText(id!), probability: Math.exp(here[id!]! - all) });
      const following = ids[from + row + 1];
      if (following !== undefined) logProbabilities[from + row + 1] = here[following]! - all;
    }
  }
  return { next, logProbabilities };
}

function each(
  states: readonly Float32Array[],
  tokens: number,
  visit: (row: number, token: number, state: Float32Array) => void,
): void {
  states.forEach((data, row) => {
    const width = data.length / tokens;
    for (let token = 0; token < tokens; token += 1)
      visit(row, token, data.subarray(token * width, (token + 1) * width));
  });
}

function cosine(a: Float32Array, b: Float32Array): number {
  requireWidth(b.length, a.length);
  let [product, first, second] = [0, 0, 0];
  for (let m = 0; m < a.length; m += 1) {
    product += a[m]! * b[m]!;
    first += a[m]! ** 2;
    second += b[m]! ** 2;
  }
  return product / Math.sqrt(first * second);
}

function normOf(a: Float32Array): number {
  let sum = 0;
  for (const value of a) sum += value ** 2;
  return Math.sqrt(sum);
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let m = 0; m < a.length; m += 1) sum += (a[m]! - b[m]!) ** 2;
  return Math.sqrt(sum);
}

export function unknownRole(role: string, { hooks }: Pick<Insides, 'hooks'>): MongeError {
  return new MongeError({
    code: 'hook-unknown',
    blame: 'input',
    what: 'this model has no such role',
    where: { key: role },
    expected: [...new Set(hooks.map((hook) => hook.role))].join(', '),
  });
}
