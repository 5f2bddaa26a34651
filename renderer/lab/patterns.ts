/** @file Which hooks a pattern chooses: `resid_post:*`, `resid_post:8-14`, `embed`, several by commas, or `/regular expression/`. */
import type { HookFacts } from '../../main/rpc/contract';

export interface Chosen {
  ids: ReadonlySet<string>;
  /** Why the pattern cannot be read; null where it can. */
  problem: string | null;
}

/** The hooks of a pattern; none for an empty one, and none with the reason for one that cannot be read. */
export function choose(pattern: string, hooks: readonly HookFacts[]): Chosen {
  const text = pattern.trim();
  if (text === '') return { ids: new Set(), problem: null };
  if (text.startsWith('/')) return byExpression(text, hooks);
  const ids = new Set<string>();
  const unmatched: string[] = [];
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const found = hooks.filter((hook) => matches(part, hook));
    if (found.length === 0) unmatched.push(part);
    for (const { id } of found) ids.add(id);
  }
  const problem = unmatched.length === 0 ? null : `No hook is called ${unmatched.join(', ')}.`;
  return { ids, problem };
}

function byExpression(text: string, hooks: readonly HookFacts[]): Chosen {
  const end = text.lastIndexOf('/');
  if (end === 0) return { ids: new Set(), problem: 'A regular expression ends with a slash.' };
  try {
    const expression = new RegExp(text.slice(1, end), 'u');
    return { ids: new Set(hooks.map(({ id }) => id).filter((id) => expression.test(id))), problem: null };
  } catch {
    return { ids: new Set(), problem: 'This is no regular expression.' };
  }
}

/** `role`, `role:*`, `role:3`, `role:3-7`; `*` is every role. */
function matches(part: string, { id, role, layer }: HookFacts): boolean {
  if (part === id) return true;
  const [name, layers = '*'] = part.split(':');
  if (name !== '*' && name !== role) return false;
  if (layers === '*') return true;
  const range = /^(\d+)(?:-(\d+))?$/.exec(layers);
  if (!range || layer === null) return false;
  const first = Number(range[1]);
  return layer >= first && layer <= Number(range[2] ?? first);
}
