/** @file The membership test as one ONNX file: encoding, base model and heads, scores, thresholds. */
import {
  constant,
  encodeModel,
  float32,
  less,
  logicalNot,
  toModel,
  trace,
  type Tensor,
  type Tensors,
} from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import { ofParts } from '../scores/program';
import { encodeTensor, standardiseTensor, unstandardiseTensor } from '../../../tables/encode';
import type { Shown, ShownScore } from '../queries/prepared';

/** The scores of a run that are programs, open. */
async function exportableScores(shown: Shown, scores: readonly string[]): Promise<ShownScore[]> {
  const open: ShownScore[] = [];
  for (const id of scores) {
    const score = await shown.score(id);
    if (score.definition.build) open.push(score);
  }
  return open;
}

/**
 * `x` [rows, features] in the units of the table (categories as 0 and 1, NaN where missing) and `y` [rows, targets] to
 * `mean` [rows, targets], the prediction, and for every score that is a program `<score>.score` [rows] and
 * `<score>.inside` [rows] at the level. Where predictions come from columns or a model of the user's, `prediction` [rows,
 * targets] is an input, and `x` only where a head needs it.
 * Throws `export-onnx-unsupported` where no score of the run is a program.
 */
export async function membershipModel(
  shown: Shown,
  scores: readonly string[],
  alpha: number,
): Promise<Uint8Array> {
  const open = await exportableScores(shown, scores);
  if (open.length === 0) throw unsupported(scores, 'they look rows up, which no plain model can');
  const { model, encoding, shape, table } = shown;
  const heads = open.some(({ definition }) => definition.needs.some((part) => part !== 'mean'));
  const graph = trace(
    'membership',
    {
      ...(model.meanGiven ? { prediction: float32('rows', shape.d) } : {}),
      ...(heads || !model.meanGiven ? { x: float32('rows', shape.features) } : {}),
      y: float32('rows', shape.d),
    },
    ({ x, y, prediction }) => {
      const parts: Tensors = x ? model.build(encodeTensor(encoding, x)) : {};
      if (prediction) parts.mean = standardiseTensor(encoding, prediction);
      const target = standardiseTensor(encoding, y!);
      const outputs: Tensors = prediction ? {} : { mean: unstandardiseTensor(encoding, parts.mean!) };
      for (const score of open) {
        const { definition, arrays } = score;
        const used = ofParts(parts, definition.needs);
        const value = definition.build!(arrays, used, target, shape, alpha);
        outputs[`${definition.id}.score`] = value;
        outputs[`${definition.id}.inside`] = atMost(value, score.radius(alpha));
      }
      return outputs;
    },
  );
  const proto = toModel(graph);
  const metadata = {
    'monge.method': 'conformal',
    'monge.use':
      'a target y is inside the set of a row x where <score>.inside is true; the level is that of monge.alpha',
    'monge.alpha': String(alpha),
    'monge.features': JSON.stringify(table.names),
    'monge.targets': JSON.stringify(table.targets),
    'monge.guarantees': JSON.stringify(
      Object.fromEntries(open.map(({ definition }) => [definition.id, definition.guarantee])),
    ),
  };
  const entries = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  return encodeModel({ ...proto, metadataProps: entries });
}

/** score ≤ radius, with the radius as the 32-bit number that it is. */
function atMost(score: Tensor, radius: number): Tensor {
  const limit = constant(Float32Array.of(radius), [1]);
  return logicalNot(less(limit, score));
}

function unsupported(scores: readonly string[], reason: string): MongeError {
  return new MongeError({
    code: 'export-onnx-unsupported',
    what: 'the membership test of this run cannot be written as ONNX',
    got: `${scores.join(', ')}: ${reason}`,
    help: 'choose another score, or save the memberships of the test rows as CSV',
  });
}
