/** @file The rows of the hook tree: blocks open into their hooks, and runs of alike blocks fold into one row. */
import type { HookCertificate, HookFacts, LanguageFacts, Verdict } from '../../main/rpc/contract';

export type TreeRow =
  | { kind: 'hook'; key: string; level: 1 | 2; hook: HookFacts; verdict: Verdict; reason: string }
  | { kind: 'absent'; key: string; level: 1 | 2; role: string; reason: string }
  | { kind: 'block'; key: string; layer: number; open: boolean; verdicts: Verdict[]; worst: Verdict }
  | { kind: 'fold'; key: string; from: number; to: number; hooks: number; worst: Verdict };

/** By hook. */
export type Certificates = ReadonlyMap<string, HookCertificate>;

export const noCertificates: Certificates = new Map();

export const verdictWords: Record<Verdict, string> = {
  passes: 'passes',
  degraded: 'degraded',
  wrong: 'wrong',
  unchecked: 'not checked yet',
};

/** Blocks in a row that are alike at least, so that folding them saves something. */
const fewest = 3;
const order: Verdict[] = ['passes', 'unchecked', 'degraded', 'wrong'];

/** What certification found of a hook so far. */
export function verdictOf(certificates: Certificates, hook: string): Verdict {
  return certificates.get(hook)?.verdict ?? 'unchecked';
}

/** With these in place of what was known of their hooks. */
export function withCertificates(known: Certificates, list: readonly HookCertificate[]): Certificates {
  return new Map([...known, ...list.map((one) => [one.hook, one] as const)]);
}

/** With what it lacks, without what it has. */
export function toggled(set: ReadonlySet<number>, one: number): ReadonlySet<number> {
  return new Set(set.has(one) ? [...set].filter((other) => other !== one) : [...set, one]);
}

/** Some verdicts as words: `12 passes, 1 degraded`. */
export function verdictsInWords(verdicts: readonly Verdict[]): string {
  return order
    .map((verdict) => [verdict, verdicts.filter((one) => one === verdict).length] as const)
    .filter(([, n]) => n > 0)
    .map(([verdict, n]) => `${n} ${verdictWords[verdict]}`)
    .join(', ');
}

/** The one that needs a look the most. */
function worstOf(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce<Verdict>(
    (worst, one) => (order.indexOf(one) > order.indexOf(worst) ? one : worst),
    'passes',
  );
}

/** How many hooks have each verdict. */
export function tally(hooks: readonly HookFacts[], certificates: Certificates): Record<Verdict, number> {
  const counts: Record<Verdict, number> = { passes: 0, degraded: 0, wrong: 0, unchecked: 0 };
  for (const { id } of hooks) counts[verdictOf(certificates, id)]++;
  return counts;
}

/**
 * Rows from the embedding to the logits; `open` blocks show their hooks and what is absent, `unfolded` ones are rows of their
 * own.
 */
export function treeRows(
  hooks: readonly HookFacts[],
  certificates: Certificates,
  open: ReadonlySet<number>,
  unfolded: ReadonlySet<number>,
  absent: NonNullable<LanguageFacts['absent']> = [],
): TreeRow[] {
  const rows: TreeRow[] = [];
  const absentRows = (layer: number | null): TreeRow[] =>
    absent
      .filter((one) => one.layer === layer)
      .map(({ id, role, reason }) => ({
        ...{ kind: 'absent', key: id, level: layer === null ? 1 : 2, role, reason },
      }));
  const hookRow = (hook: HookFacts, level: 1 | 2): TreeRow => ({
    kind: 'hook',
    key: hook.id,
    level,
    hook,
    verdict: verdictOf(certificates, hook.id),
    reason: certificates.get(hook.id)?.reason ?? '',
  });
  const blocks = new Map<number, HookFacts[]>();
  for (const hook of hooks)
    if (hook.layer !== null) blocks.set(hook.layer, [...(blocks.get(hook.layer) ?? []), hook]);
  const layers = [...blocks.keys()];
  const worst = new Map(
    layers.map((layer) => [layer, worstOf(blocks.get(layer)!.map(({ id }) => verdictOf(certificates, id)))]),
  );
  /** A block that needs no look by itself: nothing in it stands out, and nobody opened it. */
  const plain = (layer: number | undefined, like: Verdict): boolean =>
    layer !== undefined &&
    worst.get(layer) === like &&
    (like === 'passes' || like === 'unchecked') &&
    !open.has(layer) &&
    !unfolded.has(layer);

  const firstInBlock = hooks.findIndex(({ layer }) => layer !== null);
  const outside = hooks.filter(({ layer }) => layer === null);
  const before = outside.filter((hook) => firstInBlock < 0 || hooks.indexOf(hook) < firstInBlock);
  rows.push(...before.map((hook) => hookRow(hook, 1)));
  for (let place = 0; place < layers.length;) {
    const layer = layers[place]!;
    const own = worst.get(layer)!;
    let end = place;
    while (plain(layers[end], own)) end++;
    if (end - place >= fewest) {
      const to = layers[end - 1]!;
      const among = layers.slice(place, end).reduce((sum, one) => sum + blocks.get(one)!.length, 0);
      rows.push({ kind: 'fold', key: `fold ${layer}`, from: layer, to, hooks: among, worst: own });
      place = end;
      continue;
    }
    const inside = blocks.get(layer)!;
    rows.push({
      kind: 'block',
      key: `block ${layer}`,
      layer,
      open: open.has(layer),
      verdicts: inside.map(({ id }) => verdictOf(certificates, id)),
      worst: own,
    });
    if (open.has(layer)) rows.push(...inside.map((hook) => hookRow(hook, 2)), ...absentRows(layer));
    place++;
  }
  rows.push(...outside.filter((hook) => !before.includes(hook)).map((hook) => hookRow(hook, 1)));
  rows.push(...absentRows(null));
  return rows;
}

export interface NeedsLook {
  role: string;
  layers: (number | null)[];
  verdict: Verdict;
  reason: string;
  /** The first of them. */
  hook: string;
}

/** Hooks that did not pass, wrong ones first; those of one role with one reason stand together. */
export function needsLook(hooks: readonly HookFacts[], certificates: Certificates): NeedsLook[] {
  const groups = new Map<string, NeedsLook>();
  for (const { id, role, layer } of hooks) {
    const { verdict = 'unchecked', reason = '' } = certificates.get(id) ?? {};
    if (verdict !== 'wrong' && verdict !== 'degraded') continue;
    const key = `${verdict} ${role} ${reason}`;
    const group = groups.get(key);
    if (group) group.layers.push(layer);
    else groups.set(key, { role, layers: [layer], verdict, reason, hook: id });
  }
  return [...groups.values()].sort((a, b) => order.indexOf(b.verdict) - order.indexOf(a.verdict));
}

/** `block 11 · norm_mlp_in`, `blocks 2, 19, 24 · pattern`, `logits`. */
export function placeWords({ role, layers }: Pick<NeedsLook, 'role' | 'layers'>): string {
  const blocks = layers.filter((layer) => layer !== null);
  if (blocks.length === 0) return role;
  const shown = blocks.length > 6 ? [...blocks.slice(0, 5), `${blocks.length - 5} more`] : blocks;
  return `${blocks.length === 1 ? 'block' : 'blocks'} ${shown.join(', ')} · ${role}`;
}
