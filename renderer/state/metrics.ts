/** @file Final numbers and curves in a researcher's words, as the run's method declares them. */
import type { MethodInfo, MetricInfo, RunRecord } from '../../main/rpc/contract';
import { number as formatNumber } from '../../figures/format';

export interface NumberRow {
  /** The metric's own name. */
  name: string;
  label: string;
  value: number;
  unit?: string;
  /** Floor, chance level or meaning of the ends: `floor 0.028`. */
  reference?: string;
  help: string;
  headline: boolean;
}

type Words = Pick<MethodInfo, 'metrics'> | null | undefined;

/** Headline numbers of a run: no more than these stand above the others. */
const HEADLINES = 3;

/** The rows of a run's numbers in reading order; what the method does not declare comes last under its own name. */
export function numberRows({ metrics }: RunRecord, method: Words): NumberRow[] {
  const known = method?.metrics ?? [];
  const found = Object.keys(metrics).map((name) => ({ name, ...find(known, name) }));
  const rank = ({ metric }: (typeof found)[number]) => (metric ? known.indexOf(metric) : known.length);
  // Budgets ascend; other members stay in the order in which the run reports them.
  found.sort((a, b) => rank(a) - rank(b) || (a.metric ? Number(a.member) - Number(b.member) || 0 : 0));
  return found.flatMap(({ name, metric }): NumberRow[] => {
    const value = metrics[name]!;
    const { title: label, help } = metricWords(name, method);
    if (!metric) return [{ name, label, value, help, headline: false }];
    if (metric.listed === false || (metric.listed === 'above zero' && !(value > 0))) return [];
    const { unit, headline = false } = metric;
    return [{ name, label, value, unit, reference: referenceText(metric, metrics), help, headline }];
  });
}

/** The numbers that tell most about a run: those declared so, or the first where none are. */
export function headlineRows(run: RunRecord, method: Words): NumberRow[] {
  const rows = numberRows(run, method);
  const chosen = rows.filter(({ headline }) => headline);
  return (chosen.length > 0 ? chosen : rows).slice(0, HEADLINES);
}

/**
 * A metric in words: the title of its curve, "sliced W₂, 4 NFE" for `slicedW2.nfe4`; the head of its column, with the unit; and
 * what it means, for hovering. Each is its own name where there are no words.
 */
export function metricWords(name: string, method: Words): { title: string; column: string; help: string } {
  const { metric, member } = find(method?.metrics ?? [], name);
  if (!metric) return { title: name, column: name, help: name };
  const { title, unit, column = unit === undefined ? title : `${title} (${unit})`, help, better } = metric;
  const direction = better && `${better === 'lower' ? 'Lower' : 'Higher'} is better.`;
  const meaning = [help, direction].filter(Boolean).join(' ') || title;
  const filled = (text: string) => fill(text, metric, member);
  return { title: filled(title), column: filled(column), help: filled(meaning) };
}

/** The declaration of a metric, by its full name or its family, and which member of the family it is. */
function find(known: readonly MetricInfo[], name: string) {
  const own = known.find((one) => one.name === name);
  const metric = own ?? known.find((one) => one.name.endsWith('*') && name.startsWith(one.name.slice(0, -1)));
  return { metric, member: metric && !own ? name.slice(metric.name.length - 1) : '' };
}

function fill(text: string, { name, members }: MetricInfo, member: string): string {
  return name.endsWith('*') ? text.replace('*', members?.[member] ?? member) : text;
}

function referenceText({ reference }: MetricInfo, metrics: RunRecord['metrics']): string | undefined {
  if (reference === undefined || typeof reference === 'string') return reference;
  const { word } = reference;
  if ('value' in reference) return `${word} ${formatNumber(reference.value)}`;
  const ends = [reference.metric, reference.to].flatMap((name) =>
    name === undefined ? [] : [metrics[name]],
  );
  if (ends.some((end) => end === undefined)) return undefined;
  return `${word} ${ends.map((end) => formatNumber(end!)).join('–')}`;
}
