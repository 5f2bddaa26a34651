/** @file The membership test as one ONNX file: encoding, base model and heads, scores, thresholds. */
import {
  constant,
  encodeModel,
  float32,
  less,
  logicalNot,
  toModel,
  trace,
  type Tensors,
} from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import { ofParts } from '../scores/program';
import { encodeTensor, standardiseTensor, unstandardiseTensor } from '../../../tables/encode';
import type { Shown } from '../queries/prepared';

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
  const open = (await Promise.all(scores.map(shown.score))).filter(({ definition }) => definition.build);
  if (open.length === 0)
    throw new MongeError({
      code: 'export-onnx-unsupported',
      what: 'the membership test of this run cannot be written as ONNX',
      got: `${scores.join(', ')}: they look rows up, which no plain model can`,
      help: 'choose another score, or save the memberships of the test rows as CSV',
    });
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
      for (const { definition, arrays, radius } of open) {
        const { id, needs, build } = definition;
        const value = build!(arrays, ofParts(parts, needs), target, shape, alpha);
        outputs[`${id}.score`] = value;
        // score ≤ radius, with the radius as the 32-bit number that it is.
        const limit = constant(Float32Array.of(radius(alpha)), [1]);
        outputs[`${id}.inside`] = logicalNot(less(limit, value));
      }
      return outputs;
    },
  );
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
  const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  return encodeModel({ ...toModel(graph), metadataProps });
}
