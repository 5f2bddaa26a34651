/** @file The roles that structure suggests, confirmed by one run: sizes, places by token, and whether later tokens are seen. */
import type { HookPoint } from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import type { HostTensor } from '../../contract/compute';
import type { AbsentHook } from '../../models/roles';
import { withOutputs } from '../../models/surgery';
import { tokenFeeds } from '../insides/runs';
import type { ImportedGraph } from './graph';

export interface Probed {
  /** Whose values lie token by token; `logits` last where there are any. */
  hooks: HookPoint[];
  absent: AbsentHook[];
  /** Whether a token sees only those before it. */
  causal: boolean;
  width: number;
  /** Of the logits; 0 without. */
  vocabulary: number;
}

/** Two texts that differ in their last token. */
const IDS = [
  [1, 2, 3],
  [1, 2, 4],
];
const TOKENS = 3;

/** @throws `model-roles` where no state is found, and the codes of the session */
export async function probe(graph: ImportedGraph): Promise<Probed> {
  const { roles, given, file } = graph;
  const found = withLogits(roles.hooks, given.logits);
  const absent = roles.absent.filter(({ id }) => found.every((hook) => hook.id !== id));
  const session = await graph.open(
    withOutputs(
      graph.tokens,
      found.map(({ value }) => ({ value, element: 1 })),
    ),
    'basic',
  );
  let values: Readonly<Record<string, HostTensor>>;
  try {
    values = await session.run(tokenFeeds(IDS), { outputs: [...new Set(found.map(({ value }) => value))] });
  } finally {
    await session.close();
  }
  const hooks = found.flatMap((hook): HookPoint[] => {
    const value = values[hook.value]!;
    const reason = whyNotByToken(hook, value);
    if (reason === null) return [{ ...hook, shape: shapeOf(hook, value.dims) }];
    absent.push({ id: hook.id, role: hook.role, layer: hook.layer, reason });
    return [];
  });
  const state = hooks.filter(({ role }) => role === 'resid_post').at(-1);
  const shown = state ?? hooks.find(({ role }) => role === 'logits' || role.startsWith('resid'));
  if (!shown) throw noRoles(file, absent);
  return {
    ...{ hooks, absent },
    causal: !seesLater(values[shown.value]!),
    width: sizeOf(hooks.find(({ role }) => role.startsWith('resid'))),
    vocabulary: sizeOf(hooks.find(({ role }) => role === 'logits')),
  };
}

/** The declared output of logits is known by its name; structure finds the same, or misses it. */
function withLogits(hooks: readonly HookPoint[], logits: string | null): HookPoint[] {
  const others = hooks.filter(({ role }) => role !== 'logits');
  if (logits === null) return [...hooks];
  return [...others, { id: 'logits', role: 'logits', layer: null, value: logits, shape: ['vocabulary'] }];
}

function whyNotByToken({ role }: HookPoint, { type, dims }: HostTensor): string | null {
  if (type !== 'float32') return `its values are ${type}`;
  const [batch, ...rest] = dims;
  const [first, second, third] = rest;
  if (role === 'pattern')
    return batch === IDS.length && rest.length === 3 && second === TOKENS && third === TOKENS
      ? null
      : `its values lie as [${dims.join(', ')}], not by head, reader and read token`;
  return batch === IDS.length && first === TOKENS && rest.length >= 2
    ? null
    : `its values lie as [${dims.join(', ')}], not token by token`;
}

function shapeOf({ role }: HookPoint, dims: readonly number[]): (number | string)[] {
  return role === 'pattern' ? [dims[1]!, 'tokens', 'seen'] : dims.slice(2);
}

function seesLater({ data, dims }: HostTensor): boolean {
  const values = data as Float32Array;
  const text = values.length / dims[0]!;
  const early = (text / TOKENS) * (TOKENS - 1);
  for (let k = 0; k < early; k += 1)
    if (Math.abs(values[k]! - values[text + k]!) > 1e-4 * Math.max(1, Math.abs(values[k]!))) return true;
  return false;
}

function sizeOf(hook: HookPoint | undefined): number {
  return hook ? hook.shape.reduce<number>((product, size) => product * Number(size), 1) : 0;
}

function noRoles(file: string, absent: readonly AbsentHook[]): MongeError {
  return new MongeError({
    code: 'model-roles',
    blame: 'input',
    what: 'no block of a language model was found in this graph',
    where: { file },
    got: absent[0]?.reason,
    help: 'its graph can be looked at in the model view all the same',
  });
}
