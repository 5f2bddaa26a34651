/** @file Answers about the sets of one test row, drawn. */
import { MongeError } from '../../../../native-models/error';
import {
  setQuestions as questions,
  type Region,
  type RowRegions,
  type RegionsRequest,
} from '../questions/sets';
import { outlineOf, type Outline } from '../region/outline';
import { projectionOf } from '../region/projection';
import { boxAround } from '../region/box';
import { depthsAt, type Box, type ScoredSet, type Units } from '../region/set';
import { surfaceOf } from '../region/surface';
import { residualBox } from '../run/sizes';
import { residualsOf } from '../predicted';
import { hitsOf } from './coverage';
import { answers, regression, type SetsContext, type Shown, type ShownScore } from './prepared';

/** Places along a single target at which its set is asked for. */
const NODES = 2001;

export const sets = answers(questions, {
  regions: regionsOf,

  async mesh(context, { score: id, alpha, row }) {
    const shown = await regression(context);
    if (shown.shape.d !== 3)
      throw new MongeError({
        code: 'mesh-targets',
        what: 'a surface can be drawn for three targets',
        got: `${shown.shape.d} targets`,
        expected: '3',
      });
    const score = await shown.score(id);
    const set = setAt(shown, score, row, alpha);
    const centre = centreAt(shown, row);
    const { y } = shown.predicted.test.rows;
    const place = {
      mean: [...shown.toData(centre)],
      truth: [...shown.toData(y.slice(3 * row, 3 * row + 3))],
    };
    const none = { positions: new Float32Array(0), triangles: new Uint32Array(0), ...place };
    if (!Number.isFinite(set.radius) || unbounded(shown, score, row, alpha))
      return { state: 'everything', ...none };
    const { positions, triangles } = await surfaceOf(set, windowAt(shown, centre), unitsOf(shown));
    return { ...none, state: positions.length === 0 ? 'empty' : 'set', positions, triangles };
  },
});

export async function regionsOf(context: SetsContext, request: RegionsRequest): Promise<RowRegions> {
  const shown = await regression(context);
  checkPair(request.pair, shown.shape.d);
  const { d } = shown.shape;
  const { row } = request;
  const { rows, prediction } = shown.predicted.test;
  // Checks the row.
  shown.candidates(row, new Float32Array(d));
  const answers: Region[] = [];
  for (const id of request.scores)
    answers.push(await regionOf(context, shown, await shown.score(id), request));
  const ofRow = (values: Float32Array) => [...shown.toData(values.slice(row * d, (row + 1) * d))];
  return {
    row,
    datasetRow: rows.index[row]!,
    mean: ofRow(prediction.mean!.data as Float32Array),
    truth: ofRow(rows.y),
    regions: answers,
  };
}

async function regionOf(
  context: SetsContext,
  shown: Shown,
  score: ShownScore,
  request: RegionsRequest,
): Promise<Region> {
  const { alpha, row } = request;
  const radius = score.radius(alpha);
  const hits = await hitsOf(shown, score, alpha);
  const { test } = shown.predicted;
  const shared = {
    score: score.definition.id,
    radius: score.definition.perLevel || !Number.isFinite(radius) ? null : radius,
    inside: hits[row] === 1,
  };
  const everything = { ...shared, state: 'everything' as const, rings: [], clipped: false, area: null };
  if (!Number.isFinite(radius)) return { ...everything, inside: true, others: test.rows.count - 1 };
  const scores = await score.open.evaluate(shown.candidates(row, test.rows.y), alpha);
  const within = scores.filter((value, k) => k !== row && value <= radius).length;
  if (unbounded(shown, score, row, alpha)) return { ...everything, others: within };
  const outline = await outlineAt(context, shown, score, request);
  return {
    ...shared,
    state: outline.rings.length === 0 ? 'empty' : 'set',
    rings: outline.rings,
    clipped: outline.clipped,
    others: within,
    area: outline.clipped || outline.rings.length === 0 ? null : outline.area,
  };
}

/** Whether a level-dependent set is everything: its box has no sides. */
function unbounded(shown: Shown, score: ShownScore, row: number, alpha: number): boolean {
  if (!score.definition.perLevel) return false;
  const { prediction, x } = shown.candidates(row, new Float32Array(shown.shape.d));
  return score.open.logVolume?.(0, prediction, x, alpha) === Infinity;
}

async function outlineAt(
  context: SetsContext,
  shown: Shown,
  score: ShownScore,
  request: RegionsRequest,
): Promise<Outline> {
  const { row, alpha, pair, through } = request;
  const { fixedShape, id } = score.definition;
  if (!fixedShape) return drawOutline(context, shown, score, request);
  // The set of every row is the same one, moved: drawn once around row 0.
  const key = `outline ${id} ${alpha} ${pair.join()} ${through}`;
  const outline = await context.cached(key, () => drawOutline(context, shown, score, { ...request, row: 0 }));
  const mean = shown.predicted.test.prediction.mean!.data;
  const { d } = shown.shape;
  const moved = pair.map((axis) => {
    const unit = shown.encoding.targetScale[axis]!;
    return (mean[row * d + axis]! - mean[axis]!) * unit;
  });
  return {
    ...outline,
    rings: outline.rings.map((ring) =>
      ring.map((value, at) => value + (d === 1 && at % 2 ? 0 : moved[at % 2]!)),
    ),
  };
}

async function drawOutline(
  context: SetsContext,
  shown: Shown,
  score: ShownScore,
  { row, alpha, pair, through }: RegionsRequest,
): Promise<Outline> {
  const { d } = shown.shape;
  const set = setAt(shown, score, row, alpha);
  const centre = centreAt(shown, row);
  const box = windowAt(shown, centre);
  if (d === 1) return intervalsOf(set, box, unitsOf(shown));
  const window: Box = { low: pair.map((axis) => box.low[axis]!), high: pair.map((axis) => box.high[axis]!) };
  if (d === 2 || through === 'slice') return outlineOf(set, pair, centre, window, unitsOf(shown));
  const residuals = residualsOf(shown.predicted.calibration);
  const around = Float32Array.from(residuals, (value, k) => value + centre[k % d]!);
  return projectionOf(set, pair, around, unitsOf(shown), context.seed);
}

function setAt(shown: Shown, score: ShownScore, row: number, alpha: number): ScoredSet {
  return {
    d: shown.shape.d,
    radius: score.radius(alpha),
    evaluate: (y) => score.open.evaluate(shown.candidates(row, y), alpha),
  };
}

function centreAt(shown: Shown, row: number): Float32Array {
  const { d } = shown.shape;
  return (shown.predicted.test.prediction.mean!.data as Float32Array).slice(row * d, (row + 1) * d);
}

/** Where residuals of the calibration rows would lie around a prediction. */
function windowAt(shown: Shown, centre: Float32Array): Box {
  const residuals = Float32Array.from(residualsOf(shown.predicted.calibration));
  return residualBox(residuals, centre, shown.shape.d);
}

function unitsOf({ encoding }: Shown): Units {
  return { shift: encoding.targetMean, unit: encoding.targetScale };
}

function checkPair([first, second]: readonly [number, number], d: number): void {
  if (first < d && second < d && (first !== second || d === 1)) return;
  throw new MongeError({
    code: 'pair-unknown',
    what: 'two different targets are needed to draw a set',
    where: { key: 'pair' },
    got: `${first}, ${second}`,
    expected: `0 to ${d - 1}`,
  });
}

/** The set of a single target as bars of height 1: each piece is the ring of its bar; an edge lies where a straight line between two nodes meets the radius. */
async function intervalsOf(set: ScoredSet, window: Box, { shift, unit }: Units): Promise<Outline> {
  const found = await boxAround(set, [0], [0], window);
  if (found.empty) return { rings: [], area: 0, clipped: false };
  const [low, high] = [found.box.low[0]!, found.box.high[0]!];
  const nodes = Float32Array.from({ length: NODES }, (_, k) => low + ((high - low) * k) / (NODES - 1));
  const depths = await depthsAt(set, nodes);
  const rings: Float32Array[] = [];
  let area = 0;
  const data = (value: number) => value * unit[0]! + shift[0]!;
  const edge = (inside: number, outside: number) => {
    if (outside < 0 || outside >= NODES) return nodes[inside]!;
    const fall = depths[inside]! - depths[outside]!;
    const share = Number.isFinite(fall) && fall > 0 ? depths[inside]! / fall : 0.5;
    return nodes[inside]! + share * (nodes[outside]! - nodes[inside]!);
  };
  for (let k = 0; k < NODES; k++) {
    if (!(depths[k]! >= 0)) continue;
    const first = k;
    while (k + 1 < NODES && depths[k + 1]! >= 0) k++;
    const [left, right] = [data(edge(first, first - 1)), data(edge(k, k + 1))];
    area += right - left;
    rings.push(Float32Array.of(left, 0, right, 0, right, 1, left, 1, left, 0));
  }
  return { rings, area, clipped: found.clipped };
}
