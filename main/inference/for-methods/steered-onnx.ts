/** @file A checkpoint with maps of constant strength folded into it, as one ONNX file with its weights inside. */
import { encodeModel, inlineExternal, placeParts } from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import type { Steering } from '../../contract/steering';
import { openCheckpoint } from '../../models/checkpoint';
import { buildGraph, describeModel } from '../../models/checkpoint-graph';
import { looksLikeOnnx } from '../../models/read';
import { exportedSteering } from '../steering/export';

/** A file of the format cannot be longer than 2³¹ bytes; some are left for the graph. */
const MOST_BYTES = 2 ** 31 - 2 ** 24;
const LOCATION = 'weights';

/**
 * What could not be folded stays as operators in the graph; the inputs are those of the unsteered model. fp32.
 * @throws `export-imported` for a model that is ONNX already, `export-too-large` where the weights do not fit into one file, and
 *   the codes of `openCheckpoint` and `exportedSteering`
 */
export async function steeredOnnx(path: string, steering: Steering, name: string): Promise<Uint8Array> {
  if (await looksLikeOnnx(path))
    throw new MongeError({
      code: 'export-imported',
      blame: 'input',
      what: 'only models that are built here from their weights are written with maps inside',
      where: { file: name },
      got: 'an ONNX model',
      expected: 'a GGUF file, or a folder with safetensors',
    });
  const checkpoint = await openCheckpoint(path);
  const described = describeModel(checkpoint.config);
  const { model, weights } = exportedSteering(
    (plan) => buildGraph(checkpoint, described, [], LOCATION, 'fp32', plan),
    steering,
    LOCATION,
  );
  const places = placeParts(weights);
  const size = places.reduce((sum, { length }) => sum + length, 0);
  if (size > MOST_BYTES)
    throw new MongeError({
      code: 'export-too-large',
      blame: 'input',
      what: 'the weights do not fit into one ONNX file',
      where: { file: name },
      got: `${Math.round(size / 1e6).toLocaleString('en')} MB`,
      expected: 'at most 2,147 MB',
      help: 'use the steering file with the model instead',
    });
  const values = new Map<number, Uint8Array>();
  for (const [k, weight] of weights.entries()) values.set(places[k]!.offset, await weight.bytes());
  return encodeModel(inlineExternal(model, ({ offset }) => values.get(offset)!));
}
