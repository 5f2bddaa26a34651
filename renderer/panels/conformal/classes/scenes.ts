/** @file Figures of the Classes tab: coverage class by class, and how many classes the sets hold. */
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import type { Answer, Looks } from '../conformal.svelte';
import { asked, coverageAxis } from '../marks';
import { levelText, shareText } from '../words';

type Classes = Answer<'classes'>;
type Scores = Classes['scores'];

/** Bars of several scores side by side at whole numbers from `first` on. */
function grouped(
  scores: Scores,
  valuesOf: (score: Scores[number]) => readonly number[],
  first: number,
  { lookOf, titleOf }: Looks,
): MarkOptions[] {
  const width = 0.8 / Math.max(1, scores.length);
  return scores.map((score, place): MarkOptions => {
    const heights = valuesOf(score);
    const from = heights.map((_, k) => first + k - 0.4 + place * width);
    const look = { label: titleOf(score.score), color: lookOf(score.score).color, opacity: 0.85 };
    return { kind: 'bars', ...look, from, width, heights };
  });
}

/** Coverage among the rows of each class, beside what was asked. Null without a shown score. */
export function classCoverageScene(answer: Classes, alpha: number, looks: Looks): Scene | null {
  const { classes, scores } = answer;
  if (scores.length === 0 || classes.length === 0) return null;
  return plot({
    title: 'Coverage by class',
    subtitle: `sets hold the truth ${levelText(alpha)} of the time on average, not for each class`,
    x: {
      label: classes.length <= 12 ? classes.map((name, k) => `${k + 1} ${name}`).join(', ') : 'class',
      domain: [0.5, classes.length + 0.5],
      ticks: classes.map((_, k) => k + 1),
    },
    y: coverageAxis([1 - alpha, ...scores.flatMap(({ coverageByClass }) => coverageByClass)]),
    marks: [...grouped(scores, ({ coverageByClass }) => coverageByClass, 1, looks), asked({ y: 1 - alpha })],
  });
}

/** How many test rows have sets of 0, 1, 2, … classes, in per cent. Null without a shown score. */
export function setSizeScene(answer: Classes, looks: Looks): Scene | null {
  const { scores } = answer;
  if (scores.length === 0) return null;
  const shareOf = ({ sizes }: Scores[number]): number[] => {
    const sum = sizes.reduce((total, one) => total + one, 0) || 1;
    return sizes.map((one) => (100 * one) / sum);
  };
  const most = Math.max(0, ...scores.map(({ sizes }) => sizes.length - 1));
  return plot({
    title: 'How many classes a set holds',
    subtitle: 'a set of one says which class it is; an empty one that the row is like no class',
    x: {
      label: 'classes in the set',
      domain: [-0.5, most + 0.5],
      ticks: Array.from({ length: most + 1 }, (_, k) => k),
    },
    y: { label: 'share of test rows (%)', domain: [0, null], include: [1], room: 0.08 },
    marks: grouped(scores, shareOf, 0, looks),
  });
}

/** "coverage .91, 1.3 classes on average, 72 % single, radius 0.83". */
export function classText({ coverage, meanSize, singletons, radius }: Scores[number]): string {
  const threshold =
    radius === null ? 'everything: too few calibration rows' : `radius ${formatNumber(radius)}`;
  return `coverage ${shareText(coverage)}, ${formatNumber(Number(meanSize.toPrecision(3)))} classes on average, ${formatNumber(Math.round(100 * singletons))} % single, ${threshold}`;
}

/** "holds setosa and virginica", "empty", "all 3 classes". */
export function membersText(members: readonly boolean[], classes: readonly string[]): string {
  const names = classes.filter((_, k) => members[k]);
  if (names.length === 0) return 'empty';
  if (names.length === classes.length && classes.length > 1)
    return `all ${formatCount(classes.length)} classes`;
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
