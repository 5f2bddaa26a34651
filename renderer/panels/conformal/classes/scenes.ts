/** @file Figures of the Classes tab: coverage class by class, and how many classes the sets hold. */
import type { ClassesAnswer } from '../../../../main/rpc/contract';
import type { Mark, Scene } from '../../../../figures/scene';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import { levelMark } from '../marks';
import type { Looks } from '../sizes/scenes';
import { levelText, shareText } from '../words';

type Scores = ClassesAnswer['scores'];

/** Bars of several scores side by side at whole numbers from `first` on. */
function grouped(
  scores: Scores,
  valuesOf: (score: Scores[number]) => readonly number[],
  first: number,
  { lookOf, titleOf }: Looks,
): Mark[] {
  const width = 0.8 / Math.max(1, scores.length);
  return scores.map((score, place): Mark => {
    const values = valuesOf(score);
    // Every second bin is the gap to the next group.
    const edges = values.flatMap((_, k) => {
      const left = first + k - 0.4 + place * width;
      return [left, left + width];
    });
    return {
      kind: 'bins',
      id: `bars ${score.score}`,
      label: titleOf(score.score),
      edges: Float64Array.from(edges),
      heights: Float64Array.from({ length: Math.max(0, 2 * values.length - 1) }, (_, k) =>
        k % 2 === 0 ? values[k / 2]! : 0,
      ),
      outline: false,
      color: lookOf(score.score).color,
      opacity: 0.85,
    };
  });
}

/** Coverage among the rows of each class, beside what was asked. Null without a shown score. */
export function classCoverageScene(answer: ClassesAnswer, alpha: number, looks: Looks): Scene | null {
  const { classes, scores } = answer;
  if (scores.length === 0 || classes.length === 0) return null;
  const domain: [number, number] = [0.5, classes.length + 0.5];
  const all = scores.flatMap(({ coverageByClass }) => coverageByClass.filter(Number.isFinite));
  const bottom = Math.max(0, Math.floor((Math.min(1 - alpha, ...all) - 0.05) * 10) / 10);
  return {
    title: 'Coverage by class',
    subtitle: `sets hold the truth ${levelText(alpha)} of the time on average, not for each class`,
    x: {
      label: classes.length <= 12 ? classes.map((name, k) => `${k + 1} ${name}`).join(', ') : 'class',
      scale: 'linear',
      domain,
      ticks: classes.map((_, k) => k + 1),
    },
    y: { label: 'coverage', scale: 'linear', domain: [bottom, 1.02] },
    equalAspect: false,
    marks: [
      ...grouped(scores, ({ coverageByClass }) => coverageByClass, 1, looks),
      levelMark('asked', 'as asked', 1 - alpha, domain, { color: 'ink-second', stroke: 'dashed' }),
    ],
  };
}

/** How many test rows have sets of 0, 1, 2, … classes, in per cent. Null without a shown score. */
export function setSizeScene(answer: ClassesAnswer, looks: Looks): Scene | null {
  const { scores } = answer;
  if (scores.length === 0) return null;
  const shareOf = ({ sizes }: Scores[number]): number[] => {
    const sum = sizes.reduce((total, one) => total + one, 0) || 1;
    return sizes.map((one) => (100 * one) / sum);
  };
  const most = Math.max(0, ...scores.map(({ sizes }) => sizes.length - 1));
  const top = Math.max(1, ...scores.flatMap(shareOf));
  return {
    title: 'How many classes a set holds',
    subtitle: 'a set of one says which class it is; an empty one that the row is like no class',
    x: {
      label: 'classes in the set',
      scale: 'linear',
      domain: [-0.5, most + 0.5],
      ticks: Array.from({ length: most + 1 }, (_, k) => k),
    },
    y: { label: 'share of test rows (%)', scale: 'linear', domain: [0, top * 1.08] },
    equalAspect: false,
    marks: grouped(scores, shareOf, 0, looks),
  };
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
