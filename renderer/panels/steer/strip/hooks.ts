/** @file The map of hooks: roles by blocks, which cells are chosen, fitted or left out, and what each says. */
import { number } from '../../../../figures/format';
import type { HookCertificate, HookFacts, SteerHook } from '../../../../main/rpc/contract';
import { hookWords } from '../words';

export interface HookCell {
  id: string;
  layer: number;
  /** Among those that the next fit uses. */
  chosen: boolean;
  state: SteerHook['state'] | 'none';
  /** How much of W₂ the map takes away, 0 to 1; null until it is fitted. */
  reduction: number | null;
  /** Failed certification, or was left out by the run: it cannot be steered. */
  wrong: boolean;
  says: string;
}

export interface HookRow {
  role: string;
  /** By block; null where a block has no such hook. */
  cells: (HookCell | null)[];
}

/** Roles that a map begins with, as far as a model has them. */
const usual = ['norm_attn_in', 'norm_mlp_in'];

/** What is common to the roles of a row is not said again: `norm_attn_in` is `attn`. */
export function shortRole(role: string): string {
  return role.replace(/^norm_(\w+)_in$/, '$1').replace(/_out$/, ' out');
}

interface HooksOf {
  /** All of the model's. */
  facts: readonly Pick<HookFacts, 'id' | 'role' | 'layer'>[];
  chosen: ReadonlySet<string>;
  /** Of the shown run. */
  fitted: readonly SteerHook[];
  certificates: ReadonlyMap<string, HookCertificate>;
}

/** Rows of the usual roles, of what is chosen and of what the run has, in the order of the model. */
export function hookRows({ facts, chosen, fitted, certificates }: HooksOf): HookRow[] {
  const inBlocks = facts.filter((hook) => hook.layer !== null);
  const wanted = new Set([
    ...usual,
    ...inBlocks.filter(({ id }) => chosen.has(id)).map(({ role }) => role),
    ...fitted.map(({ role }) => role),
  ]);
  const blocks = 1 + Math.max(-1, ...inBlocks.map(({ layer }) => layer!));
  const roles = [...new Set(inBlocks.map(({ role }) => role))].filter((role) => wanted.has(role));
  const byId = new Map(fitted.map((one) => [one.id, one]));
  return roles.map((role) => {
    const cells: HookRow['cells'] = Array.from({ length: blocks }, () => null);
    for (const hook of inBlocks)
      if (hook.role === role)
        cells[hook.layer!] = cellOf(
          { ...hook, layer: hook.layer! },
          chosen.has(hook.id),
          byId.get(hook.id),
          certificates.get(hook.id),
        );
    return { role, cells };
  });
}

function cellOf(
  { id, role, layer }: { id: string; role: string; layer: number },
  chosen: boolean,
  fitted: SteerHook | undefined,
  certificate: HookCertificate | undefined,
): HookCell {
  const leftOut = fitted?.state === 'left-out';
  const wrong = leftOut || certificate?.verdict === 'wrong';
  const reduction = fitted ? reductionOf(fitted) : null;
  const reason =
    (leftOut ? fitted.reason : '') || (certificate?.verdict === 'wrong' ? certificate.reason : '');
  const says = [
    hookWords({ role, layer }),
    wrong
      ? `left out: ${reason || 'it failed certification'}`
      : reduction === null
        ? fitted
          ? 'waiting'
          : chosen
            ? 'chosen for the next fit'
            : 'not chosen'
        : `W₂ ${number(fitted!.before)} → ${number(fitted!.after)}, ${fitted!.units} of ${fitted!.width} units`,
  ].join(' · ');
  return { id, layer, chosen, state: fitted?.state ?? 'none', reduction, wrong, says };
}

/** 1 where the map brings the sides together, 0 where it changes nothing; null until it is fitted. */
export function reductionOf({
  state,
  before,
  after,
}: Pick<SteerHook, 'state' | 'before' | 'after'>): number | null {
  if (state !== 'fitted') return null;
  // Steering by direction alone may move single units further apart.
  return before > 0 ? Math.min(1, Math.max(0, 1 - after / before)) : 0;
}

/** `norm_mlp_in · 29 of 30 blocks`, what is chosen in a few words. */
export function chosenWords(rows: readonly HookRow[]): string {
  const some = rows.flatMap(({ role, cells }) => {
    const own = cells.filter((cell) => cell !== null);
    const chosen = own.filter((cell) => cell.chosen && !cell.wrong).length;
    return chosen > 0 ? [{ role, chosen, of: own.length }] : [];
  });
  if (some.length === 0) return 'choose hooks';
  const [first] = some;
  if (some.length === 1) return `${first!.role} · ${first!.chosen} of ${first!.of} blocks`;
  const sum = some.reduce((total, { chosen }) => total + chosen, 0);
  return `${some.length} roles · ${sum} hooks`;
}

/** The cell that an arrow key leads to from `id`; the nearest one in that direction that is there. */
export function stepped(
  rows: readonly HookRow[],
  id: string | null,
  [across, down]: readonly [number, number],
): string | null {
  const all = rows.flatMap(({ cells }, row) =>
    cells.flatMap((cell, layer) => (cell ? [{ cell, row, layer }] : [])),
  );
  const now = all.find(({ cell }) => cell.id === id) ?? null;
  if (!now) return all[0]?.cell.id ?? null;
  let [row, layer] = [now.row + down, now.layer + across];
  while (row >= 0 && row < rows.length && layer >= 0 && layer < rows[row]!.cells.length) {
    const cell = rows[row]!.cells[layer];
    if (cell) return cell.id;
    row += down;
    layer += across;
  }
  return now.cell.id;
}
