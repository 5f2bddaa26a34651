/** @file Cosine against transfer: a dot for every ordered pair of tasks, diamonds for two halves of one. */
import { plot } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { CosineKind, Pair, ProbeMatrix } from '../probes.svelte';
import { cosineTitles, pairText, two } from '../words';

/** Marks whose points are pairs of tasks, or a task's own halves. */
type Dots = Readonly<Record<string, readonly Pair[]>>;

/** The pairs behind the points of each mark, in their order. */
export function dotsOf({ tasks, siblings, cosine, auc }: ProbeMatrix, kind: CosineKind): Dots {
  const pairs = tasks.flatMap((_, train) => tasks.map((__, test): Pair => ({ train, test })));
  const at = ({ train, test }: Pair): number => train * tasks.length + test;
  const drawn = pairs.filter(
    (pair) =>
      pair.train !== pair.test && [cosine?.[kind][at(pair)], auc.values[at(pair)]].every(Number.isFinite),
  );
  return {
    pairs: drawn.filter((pair) => siblings[at(pair)] === 0),
    siblings: drawn.filter((pair) => siblings[at(pair)] === 1),
    halves: pairs.filter(
      ({ train, test }) =>
        train === test && [cosine?.halves[kind][train], cosine?.halves.auc[train]].every(Number.isFinite),
    ),
  };
}

/** "30 pairs · r 0.96; without the 2 sibling pairs 0.61". */
function correlationText({ correlation }: ProbeMatrix, kind: CosineKind): string {
  const found = correlation.find((one) => one.cosine === kind);
  if (!found) return '';
  const without =
    found.siblings > 0 ? `; without the ${found.siblings} sibling pairs ${two(found.withoutSiblings)}` : '';
  return `${found.pairs} pairs · r ${two(found.all)}${without}`;
}

/** Null where there are no directions. */
export function transferScene(matrix: ProbeMatrix, kind: CosineKind, chosen: Pair): Scene | null {
  const { tasks, cosine, auc } = matrix;
  if (!cosine) return null;
  const dots = dotsOf(matrix, kind);
  if (Object.values(dots).every(({ length }) => length === 0)) return null;
  const at = ({ train, test }: Pair): number => train * tasks.length + test;
  const place = (pair: Pair): [number, number] => [cosine[kind][at(pair)]!, auc.values[at(pair)]!];
  const own = ({ train }: Pair): [number, number] => [cosine.halves[kind][train]!, cosine.halves.auc[train]!];
  const lit = [...dots.pairs!, ...dots.siblings!].filter(
    ({ train, test }) => train === chosen.train && test === chosen.test,
  );
  const off = tasks.flatMap((_, train) =>
    tasks.flatMap((__, test) => (train === test ? [] : [at({ train, test })])),
  );
  const mean = (values: Float64Array): number => off.reduce((sum, one) => sum + values[one]! / off.length, 0);
  const band: readonly [number, number] = [mean(matrix.nullLow), mean(matrix.nullHigh)];
  const reach = 1.96 * cosine.chance;
  return plot({
    title: 'Cosine against transfer',
    subtitle: correlationText(matrix, kind),
    x: {
      label: `cosine of directions, ${cosineTitles[kind].toLowerCase()}`,
      include: [-reach, reach, 0],
      room: 0.06,
    },
    y: { label: 'AUC', domain: [0, 1.02] },
    marks: [
      {
        ...{ kind: 'zone', label: 'chance', id: 'chance of cosines' },
        ...{ x: [-reach, reach], color: 'series-0', opacity: 0.22 },
      },
      band.every(Number.isFinite) && {
        ...{ kind: 'zone', label: 'chance', id: 'chance of AUCs' },
        ...{ y: band, color: 'series-0', opacity: 0.22 },
      },
      {
        ...{ kind: 'points', label: 'across tasks', id: 'pairs', points: dots.pairs!.map(place) },
        ...{ color: 'series-3', radius: 3.5, opacity: 0.75 },
      },
      dots.siblings!.length > 0 && {
        ...{ kind: 'points', label: 'siblings', id: 'siblings', points: dots.siblings!.map(place) },
        ...{ color: 'series-2', radius: 3.5, opacity: 0.85 },
      },
      dots.halves!.length > 0 && {
        ...{ kind: 'points', label: 'same task, two halves', id: 'halves', points: dots.halves!.map(own) },
        ...{ color: 'series-0', radius: 5, shape: 'diamond' },
      },
      lit.length > 0 && {
        ...{ kind: 'points', label: 'chosen', id: 'chosen', points: lit.map(place) },
        ...{ color: 'accent', radius: 6, shape: 'ring' },
      },
    ],
  });
}

/** What a point is called. */
export function dotText(dots: Dots, mark: string, index: number, tasks: readonly string[]): string {
  const pair = dots[mark]?.[index];
  if (!pair) return '';
  return pair.train === pair.test ? `two halves of ${tasks[pair.train]}` : pairText(pair, tasks);
}
