/** @file Answers about the sets of one test row, drawn. */
import { MongeError } from '../../../../native-models/error';
import { residualsOf, setAt } from '../predicted';
import { questions, type Region, type RowRegions, type RegionsRequest } from '../questions';
import { intervalsOf, outlineOf, type Outline } from '../region/outline';
import { projectionOf } from '../region/projection';
import { onAxes, type Units } from '../region/set';
import { surfaceOf } from '../region/surface';
import { residualBox } from '../run/sizes';
import { hitsOf } from './coverage';
import { answers, regression, type SetsContext, type Shown, type ShownScore } from './prepared';

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
    const { set, window, everything } = drawable({ shown, score: await shown.score(id) }, row, alpha);
    const none = { positions: new Float32Array(0), triangles: new Uint32Array(0), ...placeOf(shown, row) };
    if (everything) return { state: 'everything', ...none };
    const surface = await surfaceOf(set, window, unitsOf(shown));
    return { ...none, state: surface.positions.length === 0 ? 'empty' : 'set', ...surface };
  },
});

export async function regionsOf(context: SetsContext, request: RegionsRequest): Promise<RowRegions> {
  const shown = await regression(context);
  checkPair(request.pair, shown.shape.d);
  const { row } = request;
  const place = placeOf(shown, row);
  const regions: Region[] = [];
  for (const id of request.scores)
    regions.push(await regionOf({ context, shown, score: await shown.score(id) }, request));
  return { row, datasetRow: shown.predicted.test.rows.index[row]!, ...place, regions };
}

/** Prediction and truth of a row in data units. */
function placeOf(shown: Shown, row: number): Pick<RowRegions, 'mean' | 'truth'> {
  const { rows, prediction } = shown.at(row);
  return {
    mean: [...shown.toData(prediction.mean!.data as Float32Array)],
    truth: [...shown.toData(rows.y)],
  };
}

/** Whose sets are drawn. */
interface Drawn {
  context: SetsContext;
  shown: Shown;
  score: ShownScore;
}

async function regionOf(drawn: Drawn, request: RegionsRequest): Promise<Region> {
  const { alpha, row } = request;
  const { shown, score } = drawn;
  const { y, count } = shown.predicted.test.rows;
  const { set, everything, bounded } = drawable(drawn, row, alpha);
  const region: Region = {
    ...{ score: score.definition.id, state: 'everything', rings: [], clipped: false, area: null },
    inside: !bounded || (await hitsOf(score, alpha))[row] === 1,
    others: count - 1,
  };
  if (!bounded) return region;
  const scores = await set.evaluate(y);
  region.others = scores.filter((value, k) => k !== row && value <= set.radius).length;
  if (everything) return region;
  const { rings, clipped, area } = await outlineAt(drawn, request);
  const state = rings.length === 0 ? 'empty' : 'set';
  return { ...region, state, rings, clipped, area: clipped || state === 'empty' ? null : area };
}

/** The set of a row, where residuals of the calibration rows would lie around its prediction, and whether it is everything. */
function drawable({ shown, score }: Omit<Drawn, 'context'>, row: number, alpha: number) {
  const { definition, open } = score;
  const { test, calibration } = shown.predicted;
  const { rows, prediction } = shown.at(row);
  const radius = score.radius(alpha);
  const bounded = Number.isFinite(radius);
  const centre = prediction.mean!.data as Float32Array;
  // A level-dependent set is everything where its box has no sides.
  const boundless = definition.perLevel && open.logVolume?.(0, prediction, rows.x, alpha) === Infinity;
  return {
    ...{ bounded, centre, everything: !bounded || boundless },
    set: setAt(open, test, row, radius, alpha),
    window: residualBox(Float32Array.from(residualsOf(calibration)), centre),
  };
}

async function outlineAt(drawn: Drawn, request: RegionsRequest): Promise<Outline> {
  const { row, alpha, pair, through } = request;
  const { context, shown, score } = drawn;
  const { fixedShape, id } = score.definition;
  if (!fixedShape) return drawOutline(drawn, request);
  // The set of every row is the same one, moved: drawn once around row 0.
  const key = `outline ${id} ${alpha} ${pair.join()} ${through}`;
  const outline = await context.cached(key, () => drawOutline(drawn, { ...request, row: 0 }));
  const mean = shown.predicted.test.prediction.mean!.data;
  const { d } = shown.shape;
  const moved = pair.map((axis) => {
    const unit = shown.encoding.targetScale[axis]!;
    return (mean[row * d + axis]! - mean[axis]!) * unit;
  });
  const place = (value: number, at: number) => value + (d === 1 && at % 2 ? 0 : moved[at % 2]!);
  return { ...outline, rings: outline.rings.map((ring) => ring.map(place)) };
}

async function drawOutline(drawn: Drawn, { row, alpha, pair, through }: RegionsRequest): Promise<Outline> {
  const { context, shown } = drawn;
  const { d } = shown.shape;
  const units = unitsOf(shown);
  const { set, centre, window } = drawable(drawn, row, alpha);
  if (d === 1) return intervalsOf(set, window, units);
  if (d === 2 || through === 'slice') return outlineOf(set, pair, centre, onAxes(window, pair), units);
  const residuals = residualsOf(shown.predicted.calibration);
  const around = Float32Array.from(residuals, (value, k) => value + centre[k % d]!);
  return projectionOf(set, pair, around, units, context.seed);
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
