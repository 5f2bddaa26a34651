/** @file The two text sets: what stands on either side now, what is known of it, and what else it could be. */
import { plural } from '../../../../figures/format';
import type { DatasetInfo, Json, RunRecord, SteerOverview } from '../../../../main/rpc/contract';
import type { GivenInput } from '../../shell/panel';
import { fewTextsWarning, sideWords } from '../words';

export type SideName = 'source' | 'target';

export interface Side {
  /** Empty where nothing is given. */
  name: string;
  /** `512 texts`. */
  count: string;
  /** What is known of it, in a sentence. */
  says: string;
  /** Amber: too few texts, or no words in it. */
  warning: string;
  /** The next run would use other texts than the shown one. */
  changed: boolean;
}

/** The words that name one class of the labels of a side in the settings. */
const settingOf = { source: 'from', target: 'to' } as const;

/** The classes of the column that a data set is labelled by. */
export function labelsOf(
  info: DatasetInfo | null,
  column: Json | undefined,
): { column: string; names: string[] } | null {
  const labelled = (info?.columns ?? []).filter(
    ({ kind, categories }) => kind === 'category' && (categories?.length ?? 0) > 1,
  );
  const named = labelled.find(({ name }) => name === column);
  const found = named ?? labelled.find(({ role }) => role === 'label') ?? labelled[0];
  return found ? { column: found.name, names: found.categories! } : null;
}

/** What stands on a side: that of the shown run where the next run would take the same, else what the next run would take. */
export function sideOf(
  side: SideName,
  given: GivenInput | null,
  settings: Readonly<Record<string, Json>>,
  run: RunRecord | null,
  overview: SteerOverview | null,
): Side | null {
  const reference = run?.inputs.find(({ input }) => input === side);
  const key = settingOf[side];
  const label = textOf(settings[key]);
  const sameFile = reference ? reference.sha256.slice(0, 16) === given?.id : given === null;
  const sameLabel = !run || label === textOf(run.config[key]);
  if (overview && run && ((sameFile && sameLabel) || (!given && label === ''))) {
    const { name, given: texts, warning } = overview[side];
    return { name, count: plural(texts, 'text'), says: sideWords(overview[side]), warning, changed: false };
  }
  if (!given) return null;
  const { dataset } = given;
  const hasWords =
    !dataset ||
    dataset.columns.length === 0 ||
    dataset.columns.some(({ kind, role }) => kind === 'text' || role === 'text');
  return {
    name: label === '' ? given.name : `${given.name} · ${label}`,
    count: dataset && label === '' ? plural(dataset.rows, 'text') : '',
    says: label === '' ? given.name : `rows of ${given.name} that are labelled “${label}”`,
    warning: hasWords
      ? label === '' && dataset
        ? fewTextsWarning(dataset.rows)
        : ''
      : 'no column of text in this file',
    changed: run !== null,
  };
}

/** What the other side is given where it has no file of its own: rows of the same file with another label. */
export function sharedSide(
  given: { source: GivenInput | null; target: GivenInput | null },
  settings: Readonly<Record<string, Json>>,
): GivenInput | null {
  return given.target ?? (textOf(settings.to) === '' ? null : given.source);
}

/** Settings that exchange the sides, as far as labels name them. */
export function swappedLabels(settings: Readonly<Record<string, Json>>): Record<string, Json> | null {
  const [from, to] = [textOf(settings.from), textOf(settings.to)];
  return from === '' && to === '' ? null : { from: to, to: from };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
