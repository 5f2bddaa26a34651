/**
 * @file Which hooks a pattern chooses, as the engine reads it, and the pattern of chosen hooks: `resid_post:*`, `norm_*:3`,
 * `resid_post:8-14`, `embed`, `/regular expression/`, several by commas.
 */
import type { HookFacts } from '../../main/rpc/contract';

export interface Chosen {
  ids: ReadonlySet<string>;
  /** Why the pattern cannot be read; null where it can. */
  problem: string | null;
}

/** What a hook is told by. */
type Named = Pick<HookFacts, 'id' | 'role' | 'layer'>;

/** The hooks of a pattern; none for an empty one, and none with the reason for one that cannot be read. */
export function choose(pattern: string, hooks: readonly Named[]): Chosen {
  const ids = new Set<string>();
  const unmatched: string[] = [];
  // A comma inside a regular expression is its own.
  for (const piece of pattern.match(/\/(?:[^/\\]|\\.)*\/|[^,]+/g) ?? []) {
    const part = piece.trim();
    if (part === '') continue;
    const matches = matcherOf(part);
    if (typeof matches === 'string') return { ids: new Set(), problem: matches };
    const found = hooks.filter(matches);
    if (found.length === 0) unmatched.push(part);
    for (const { id } of found) ids.add(id);
  }
  const problem = unmatched.length === 0 ? null : `No hook is called ${unmatched.join(', ')}.`;
  return { ids, problem };
}

/** What a part of a pattern chooses, or why it cannot be read. */
function matcherOf(part: string): ((hook: Named) => boolean) | string {
  if (part.startsWith('/')) {
    if (part.length < 2 || !part.endsWith('/')) return 'A regular expression ends with a slash.';
    try {
      const expression = new RegExp(part.slice(1, -1), 'u');
      return ({ id }) => expression.test(id);
    } catch {
      return 'This is no regular expression.';
    }
  }
  const found = /^([\w*]+)(?::(?:(\*)|(\d+)(?:-(\d+))?))?$/.exec(part);
  if (!found) return ({ id }) => id === part;
  const [, role, , first, last = first] = found;
  const roles = new RegExp(`^${role!.replaceAll('*', '\\w*')}$`);
  return (hook) =>
    roles.test(hook.role) &&
    (first === undefined ||
      (hook.layer !== null && hook.layer >= Number(first) && hook.layer <= Number(last)));
}

/** The shortest list that chooses these and no others, role by role in the order of the model. */
export function patternOf(ids: ReadonlySet<string>, hooks: readonly Named[]): string {
  const roles = [...new Set(hooks.filter(({ id }) => ids.has(id)).map(({ role }) => role))];
  return roles
    .flatMap((role) => {
      const all = hooks.filter((hook) => hook.role === role);
      const layers = all.flatMap(({ id, layer }) => (ids.has(id) && layer !== null ? [layer] : []));
      if (layers.length === 0) return [role];
      if (layers.length === all.length) return [`${role}:*`];
      return runsOf(layers).map(([first, last]) => `${role}:${first === last ? first : `${first}-${last}`}`);
    })
    .join(',');
}

/** Numbers in ascending order as runs of neighbours. */
function runsOf(numbers: readonly number[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const one of numbers) {
    const run = runs.at(-1);
    if (run && one === run[1] + 1) run[1] = one;
    else runs.push([one, one]);
  }
  return runs;
}

/** The pattern with these added, or, where it has them all, without them. */
export function withToggled(pattern: string, toggled: readonly string[], hooks: readonly Named[]): string {
  const { ids } = choose(pattern, hooks);
  const has = toggled.every((id) => ids.has(id));
  const next = new Set(has ? [...ids].filter((id) => !toggled.includes(id)) : [...ids, ...toggled]);
  return patternOf(next, hooks);
}
