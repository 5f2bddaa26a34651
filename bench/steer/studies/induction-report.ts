/** @file What the study of induction found, in words: the table of methods and strengths, and each expected ordering as found or absent. */
import type { Banded, SteerPoint } from '../../../main/contract/steer';
import { unpackJson } from '../../../main/disk/packed-json';
import { inductionArms, inductionLambdas, pointOfStored, type InductionStored } from './induction';

type Points = ReadonlyMap<string, SteerPoint>;

/** Markdown of the two sections that numbers make, from the file of the study. */
export function inductionReport(bytes: Uint8Array): string {
  const stored = unpackJson<InductionStored>(bytes);
  // A point whose neutral texts are not read yet is under way.
  const names = Object.keys(stored.lines).filter((name) => stored.neutral[name]);
  const points = new Map(names.map((name) => [name, pointOfStored(stored, name)]));
  const lines = [tableOf(points), '', '## Orderings', '', ...orderingsOf(points).map((one) => `- ${one}`)];
  return `${lines.join('\n')}\n`;
}

function tableOf(points: Points): string {
  const head = [
    'method',
    'λ',
    'texts',
    'presence',
    'judged',
    'perplexity of continuations',
    'perplexity of data',
    'Self-BLEU',
    'distinct pairs',
  ];
  const row = (name: string, point: SteerPoint) => [
    ...[name, String(point.lambda), String(point.texts), shown(point.presence), shown(point.judged)],
    ...[shown(point.perplexity, 1), shown(point.perplexityData, 0)],
    ...[point.selfBleu.toFixed(2), point.distinct[1].toFixed(2)],
  ];
  const none = points.get('none');
  const rows = [
    ...(none ? [row('unsteered', none)] : []),
    ...inductionArms.flatMap(({ name }) =>
      [...inductionLambdas]
        .sort((a, b) => a - b)
        .flatMap((lambda) => {
          const point = points.get(`${name} ${lambda}`);
          return point ? [row(name, point)] : [];
        }),
    ),
  ];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function shown({ value, low, high }: Banded, digits = 2): string {
  return `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/** Each with `found`, `absent` or `not computed`. */
function orderingsOf(points: Points): string[] {
  const at = (name: string, lambda: number) => points.get(lambda === 0 ? 'none' : `${name} ${lambda}`);
  const told = (
    claim: string,
    needs: readonly (SteerPoint | undefined)[],
    judge: (...all: SteerPoint[]) => [boolean, string],
  ) => {
    if (needs.some((one) => one === undefined)) return `${claim}: **not computed**.`;
    const [found, numbers] = judge(...(needs as SteerPoint[]));
    return `${claim}: **${found ? 'found' : 'absent'}**, ${numbers}.`;
  };
  const [none, half, one, two] = [0, 0.5, 1, 2].map((lambda) => at('linear-act', lambda));
  return [
    told('Presence rises from λ = 0 to 1 (Linear-AcT)', [none, half, one], (a, b, c) => [
      a.presence.value <= b.presence.value &&
        b.presence.value <= c.presence.value &&
        a.presence.high < c.presence.low,
      [a, b, c].map(({ presence }) => presence.value.toFixed(2)).join(', ') + ' at 0, 0.5 and 1',
    ]),
    told('Perplexity of data at λ = 1 is below twice that of λ = 0 (Linear-AcT)', [none, one], (a, b) => [
      b.perplexityData.value < 2 * a.perplexityData.value,
      `${(b.perplexityData.value / a.perplexityData.value).toFixed(1)} times`,
    ]),
    told('Linear-AcT has at least the presence of Mean-AcT at λ = 1', [one, at('mean-act', 1)], (a, b) => [
      a.presence.value >= b.presence.value,
      `${a.presence.value.toFixed(2)} and ${b.presence.value.toFixed(2)}`,
    ]),
    matched(points),
    told('Random maps of the same norm do not raise presence (λ = 1)', [none, at('random', 1)], (a, b) => [
      b.presence.value <= a.presence.high,
      `${b.presence.value.toFixed(2)}, ${shown(a.presence)} unsteered`,
    ]),
    told('Beyond λ = 1 presence stops rising or texts break (Linear-AcT)', [one, two], (a, b) => [
      b.presence.value <= a.presence.value || b.perplexity.value > 2 * a.perplexity.value,
      `presence ${a.presence.value.toFixed(2)} and ${b.presence.value.toFixed(2)}, perplexity of continuations ${a.perplexity.value.toFixed(0)} and ${b.perplexity.value.toFixed(0)} at 1 and 2`,
    ]),
    told(
      'Leaving the first token out keeps more of the perplexity of data (Linear-AcT, λ = 1; no ordering of the papers)',
      [one, at('linear-act, first token left out', 1)],
      (a, b) => [
        b.perplexityData.value < a.perplexityData.value,
        `${b.perplexityData.value.toFixed(0)} against ${a.perplexityData.value.toFixed(0)}, at presence ${b.presence.value.toFixed(2)} and ${a.presence.value.toFixed(2)}`,
      ],
    ),
  ];
}

/** At the perplexity of data that each point of CAA has, Linear-AcT's presence between its own points. */
function matched(points: Points): string {
  const claim = 'At the same perplexity of data Linear-AcT has at least the presence of CAA';
  const curve = (name: string) =>
    ['none', ...inductionLambdas.map((lambda) => `${name} ${lambda}`)]
      .flatMap((one) => points.get(one) ?? [])
      .sort((a, b) => a.perplexityData.value - b.perplexityData.value);
  const [linear, caa] = [curve('linear-act'), curve('caa').filter(({ lambda }) => lambda !== 0)];
  const pairs = caa.flatMap((point) => {
    const wanted = point.perplexityData.value;
    const above = linear.findIndex(({ perplexityData }) => perplexityData.value >= wanted);
    if (above <= 0) return [];
    const [left, right] = [linear[above - 1]!, linear[above]!];
    const share =
      (wanted - left.perplexityData.value) / (right.perplexityData.value - left.perplexityData.value);
    const presence = left.presence.value + share * (right.presence.value - left.presence.value);
    return [{ lambda: point.lambda, own: point.presence.value, presence }];
  });
  if (pairs.length === 0 || linear.length < 2) return `${claim}: **not computed**.`;
  const found = pairs.every(({ own, presence }) => presence >= own);
  const words = pairs.map(
    ({ lambda, own, presence }) =>
      `${presence.toFixed(2)} and ${own.toFixed(2)} where CAA is at λ = ${lambda}`,
  );
  return `${claim}: **${found ? 'found' : 'absent'}**, ${words.join('; ')}.`;
}
