/** @file The sweep of a flow as pictures: images of the same noises by strength, and what is told of them as curves. */
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { ColorToken, Scene } from '../../../../figures/scene';
import type {
  Banded,
  SteerArm,
  SteerFlowImages,
  SteerFlowPoint,
  SteerFlowSweep,
} from '../../../../main/rpc/contract';
import { lambdaText } from '../words';

/** What is drawn over λ. */
export const flowMeasures = {
  target: { title: 'Target class', label: 'share (%)', scale: 100 },
  confidence: { title: 'Confidence', label: 'confidence (%)', scale: 100 },
  nearest: { title: 'Distance to real images', label: '÷ that of real ones', scale: 1 },
  moved: { title: 'Moved from unsteered', label: 'rms, % of black to white', scale: 100 },
} as const;
export type FlowMeasure = keyof typeof flowMeasures;

/** One measure over λ: fitted maps with their 95 % band, random ones dashed. Both arms begin at λ = 0. */
export function flowScene(sweep: Pick<SteerFlowSweep, 'points'>, measure: FlowMeasure): Scene {
  const { title, label, scale } = flowMeasures[measure];
  const of = (point: SteerFlowPoint): Banded => point[measure];
  const armOf = (arm: SteerArm) =>
    sweep.points
      .filter((point) => point.arm === arm || point.lambda === 0)
      .sort((a, b) => a.lambda - b.lambda);
  const curve = (id: SteerArm, words: string, color: ColorToken): MarkOptions => ({
    ...{ kind: 'line', id, label: words, x: armOf(id).map(({ lambda }) => lambda) },
    y: armOf(id).map((point) => scale * of(point).value),
    ...{ color, stroke: id === 'random' ? 'dashed' : 'solid', dots: id === 'random' ? 2.5 : 3 },
  });
  const banded = armOf('fitted').filter((point) => Number.isFinite(of(point).low));
  return plot({
    title,
    x: { label: 'λ' },
    y: { label, room: 0.1, include: [0] },
    marks: [
      banded.length > 1 && {
        kind: 'band',
        label: '95 %',
        x: banded.map(({ lambda }) => lambda),
        low: banded.map((point) => scale * of(point).low),
        high: banded.map((point) => scale * of(point).high),
        ...{ color: 'series-3', opacity: 0.22 },
      },
      armOf('random').length > 1 && curve('random', 'random maps, same norm', 'series-0'),
      curve('fitted', 'fitted maps', 'series-3'),
    ],
  });
}

/** Images in the order of a grid: a row a noise, a column a strength, each with the class that it is taken for. */
export function imageGrid(images: SteerFlowImages, classes: readonly string[]) {
  return {
    ...{ image: images.image, pixels: images.pixels, columns: images.lambdas.length, columnUnit: 'λ' },
    columnHeaders: images.lambdas.map(lambdaText),
    rowHeaders: images.noises.map((noise) => `noise ${noise + 1}`),
    captions: Array.from(images.judged, (code) => classes[code] ?? ''),
  };
}
