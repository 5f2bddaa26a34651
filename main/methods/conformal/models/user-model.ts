/** @file A base model that the user brings as an ONNX file: features as they are in the table to targets in data units. */
import { MongeError } from '../../../../native-models/error';
import type { Compute } from '../../../contract/compute';
import type { Arrays, ModelInput } from '../../../contract/define';
import { openUserModel, type UserModel } from '../../../models/user-model';
import type { OpenBaseModel, TableShape } from '../types';
import { standardiseTargets, type Encoding } from '../../../tables/encode';

const ROWS_PER_RUN = 1024;

/** What is kept of the file: its hash, so that a set is never drawn around another model than the one it was calibrated for. */
export async function fitUserModel(
  compute: Compute,
  file: ModelInput | undefined,
  shape: TableShape,
): Promise<Arrays> {
  const model = await open(compute, file, shape);
  await model.close();
  return { sha256: { data: Uint8Array.from(Buffer.from(model.sha256, 'hex')), shape: [32] } };
}

/**
 * Opens the file. It must have one float input [rows, features], rows open; its first output is [rows, targets].
 *
 * @throws `input-missing`, `model-file-changed`, `model-output`, and what `openUserModel` throws
 */
export async function openUserBase(
  compute: Compute,
  file: ModelInput | undefined,
  shape: TableShape,
  arrays: Arrays,
  encoding: Encoding,
): Promise<Pick<OpenBaseModel, 'predict' | 'close'>> {
  const model = await open(compute, file, shape);
  const { name, sha256 } = model;
  const before = Buffer.from(arrays.sha256!.data as Uint8Array).toString('hex');
  if (before !== sha256) {
    await model.close();
    throw new MongeError({
      code: 'model-file-changed',
      blame: 'input',
      what: 'the model file is not the one that the sets were calibrated for',
      where: { file: name, key: 'model' },
      got: `SHA-256 ${sha256.slice(0, 16)}…`,
      expected: `${before.slice(0, 16)}…`,
      help: 'put the old file back, or run again',
    });
  }
  const { d, features } = shape;
  return {
    async predict({ count, raw }) {
      const mean = new Float32Array(count * d);
      for (let from = 0; from < count; from += ROWS_PER_RUN) {
        const rows = Math.min(ROWS_PER_RUN, count - from);
        const part = raw.slice(from * features, (from + rows) * features);
        const said = await model.run(part, [rows, features]);
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
    close: () => model.close(),
  };
}

async function open(
  compute: Compute,
  file: ModelInput | undefined,
  { features }: TableShape,
): Promise<UserModel> {
  if (!file)
    throw new MongeError({
      code: 'input-missing',
      blame: 'input',
      what: 'no model file is given',
      where: { key: 'model' },
      expected: 'an ONNX file',
    });
  return openUserModel(compute, file, {
    input: 'model',
    fits: ([rows, width, ...more]) => more.length === 0 && rows === 0 && (width === 0 || width === features),
    what: 'the model does not take these features',
    expected: `one float input [open rows, ${features} features]`,
    help: 'export it with an open number of rows; categories count one column per word',
  });
}

function badOutput(file: string, got: string, rows: number, d: number): MongeError {
  return new MongeError({
    code: 'model-output',
    blame: 'input',
    what: 'the first output of the model is not what is needed',
    where: { file, key: 'model' },
    got,
    expected: `finite float numbers [${rows} rows, ${d} targets]`,
  });
}
