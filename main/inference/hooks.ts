/** @file Which hooks a pattern chooses: by role and layer, ranges of layers, or a regular expression. */
import { MongeError } from '../../native-models/error';

/** What a hook is known by. */
interface NamedHook {
  /** `resid_post:3`, `embed`. */
  id: string;
  role: string;
  layer: number | null;
}

/** Longer patterns are no pattern a person wrote. */
const LONGEST = 500;

/**
 * The hooks that a pattern chooses, in the order of the model. A pattern is a list with commas of
 * - `role` (every layer of it), `role:*`, `role:3`, `role:8-14`, where `*` in a role stands for any letters: `norm_*:3`;
 * - a regular expression between slashes, tried on ids: `/resid_(pre|post):1\d/`.
 * @throws `hooks-pattern` where a part is none of these, or chooses nothing
 */
export function selectHooks<H extends NamedHook>(pattern: string, hooks: readonly H[]): H[] {
  if (pattern.length > LONGEST) throw patternError(`${pattern.length} characters`, hooks);
  const parts = partsOf(pattern);
  if (parts.length === 0) throw patternError('an empty pattern', hooks);
  const chosen = new Set<H>();
  for (const part of parts) {
    const matches = hooks.filter(matcherOf(part, hooks));
    if (matches.length === 0) throw patternError(JSON.stringify(part), hooks);
    for (const hook of matches) chosen.add(hook);
  }
  return hooks.filter((hook) => chosen.has(hook));
}

/** The parts of a list; commas inside a regular expression are its own. */
function partsOf(pattern: string): string[] {
  return (pattern.match(/\/(?:[^/\\]|\\.)*\/|[^,]+/g) ?? [])
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function matcherOf(part: string, hooks: readonly NamedHook[]): (hook: NamedHook) => boolean {
  if (part.startsWith('/')) {
    let expression: RegExp;
    try {
      expression = new RegExp(part.replace(/^\/|\/$/g, ''), 'u');
    } catch (cause) {
      throw patternError(`${part}: ${cause instanceof Error ? cause.message : String(cause)}`, hooks, cause);
    }
    return ({ id }) => expression.test(id);
  }
  const found = /^([\w*]+)(?::(?:(\*)|(\d+)(?:-(\d+))?))?$/.exec(part);
  if (!found) throw patternError(JSON.stringify(part), hooks);
  const [, role, , first, last = first] = found;
  const roles = new RegExp(`^${role!.replaceAll('*', '\\w*')}$`);
  return (hook) =>
    roles.test(hook.role) &&
    (first === undefined ||
      (hook.layer !== null && hook.layer >= Number(first) && hook.layer <= Number(last)));
}

function patternError(got: string, hooks: readonly NamedHook[], cause?: unknown): MongeError {
  const roles = [...new Set(hooks.map(({ role }) => role))].join(', ');
  const layers = hooks.reduce((most, { layer }) => Math.max(most, layer ?? 0), 0);
  return new MongeError(
    {
      code: 'hooks-pattern',
      blame: 'input',
      what: 'this chooses no hook of the model',
      where: { key: 'hooks' },
      got,
      expected: `role:layer, role:*, role:2-5 or /expression/; roles ${roles}; layers 0 to ${layers}`,
      help: 'for example resid_post:* for the residual state after every block',
    },
    { cause },
  );
}
