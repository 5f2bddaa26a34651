/** @file A base model that the user brings as an ONNX file: features as they are in the table to targets in data units. */
import { encodeModel, type ModelProto } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { Compute } from '../../../contract/compute';
import { readExternalData } from '../../../models/external-data';
import { readModel } from '../../../models/read';
import type { Arrays } from '../../../contract/define';
import type { OpenModel, Shape } from '../types';
import { standardiseTargets, type Encoding } from '../../../tables/encode';

const ROWS_PER_RUN = 1024;
/** The number of float tensors in ONNX's list of element types. */
const FLOAT = 1;

/** What is kept of the file: its hash, so that a set is never drawn around another model than the one it was calibrated for. */
export async function fitUserModel(path: string, shape: Shape): Promise<Arrays> {
  const { model, name, sha256 } = await readUserModel(path);
  checkInput(model, name, shape);
  return { sha256: { data: Uint8Array.from(Buffer.from(sha256, 'hex')), shape: [32] } };
}

/**
 * Opens the file. It must have one float input [rows, features], rows open; its first output is [rows, targets].
 *
 * @throws `model-file-missing`, `model-file-changed`, `model-input`, `model-output` and the coded errors of a file that is
 * no model
 */
export async function openUserModel(
  compute: Compute,
  path: string,
  shape: Shape,
  arrays: Arrays,
  encoding: Encoding,
): Promise<Pick<OpenModel, 'predict' | 'close'>> {
  const { model, name, sha256, path: absolute } = await readUserModel(path);
  const before = Buffer.from(arrays.sha256!.data as Uint8Array).toString('hex');
  if (before !== sha256)
    throw new MongeError({
      code: 'model-file-changed',
      blame: 'input',
      what: 'the model file is not the one that the sets were calibrated for',
      where: { file: name, key: 'modelFile' },
      got: `SHA-256 ${sha256.slice(0, 16)}…`,
      expected: `${before.slice(0, 16)}…`,
      help: 'put the old file back, or run again',
    });
  checkInput(model, name, shape);
  const session = await compute.open(encodeModel(await readExternalData(model, absolute)), {
    label: name,
    device: 'cpu',
  });
  const { d, features } = shape;
  return {
    async predict({ count, raw }) {
      const mean = new Float32Array(count * d);
      for (let from = 0; from < count; from += ROWS_PER_RUN) {
        const rows = Math.min(ROWS_PER_RUN, count - from);
        const result = await session.run({
          [session.inputNames[0]!]: {
            type: 'float32',
            data: raw.slice(from * features, (from + rows) * features),
            dims: [rows, features],
          },
        });
        const said = result[session.outputNames[0]!]!;
        const fits = said.type === 'float32' || said.type === 'float64';
        // A model of one target may leave the last axis out.
        if (!fits || said.data.length !== rows * d || said.dims[0] !== rows)
          throw badOutput(name, `${said.type} [${said.dims.join(', ')}]`, rows, d);
        const values = said.data as Float32Array | Float64Array;
        if (!values.every(Number.isFinite)) throw badOutput(name, 'numbers that are not finite', rows, d);
        mean.set(values, from * d);
      }
      return { mean: { data: standardiseTargets(encoding, mean), shape: [count, d] } };
    },
    close: () => session.close(),
  };
}

async function readUserModel(path: string) {
  if (path.trim() !== '') return readModel(path.trim());
  throw new MongeError({
    code: 'model-file-missing',
    blame: 'input',
    what: 'no model file is named',
    where: { key: 'modelFile' },
    expected: 'the path of an ONNX file on the engine’s machine',
  });
}

function checkInput({ graph }: ModelProto, name: string, { features }: Shape): void {
  const constants = new Set((graph?.initializer ?? []).map((tensor) => tensor.name));
  const inputs = (graph?.input ?? []).filter((input) => !constants.has(input.name));
  const tensor = inputs[0]?.type?.tensorType;
  const dims = (tensor?.shape?.dim ?? []).map(({ dimValue }) =>
    dimValue === undefined ? 0 : Number(dimValue),
  );
  const [rows, width] = dims;
  const fits = inputs.length === 1 && tensor?.elemType === FLOAT && dims.length === 2;
  if (fits && rows === 0 && (width === 0 || width === features)) return;
  throw new MongeError({
    code: 'model-input',
    blame: 'input',
    what: 'the model does not take these features',
    where: { file: name, key: 'modelFile' },
    got: `${inputs.length} inputs, the first [${dims.map((size) => size || 'open').join(', ')}]`,
    expected: `one float input [open rows, ${features} features]`,
    help: 'export it with an open number of rows; categories count one column per word',
  });
}

function badOutput(file: string, got: string, rows: number, d: number): MongeError {
  return new MongeError({
    code: 'model-output',
    blame: 'input',
    what: 'the first output of the model is not what is needed',
    where: { file, key: 'modelFile' },
    got,
    expected: `finite float numbers [${rows} rows, ${d} targets]`,
  });
}
