/** @file A base model that the user brings as an ONNX file: features as they are in the table to targets in data units. */
import { MongeError } from '../../../../native-models/error';
import type { Arrays } from '../../../contract/define';
import { vector } from '../../../disk/named-arrays';
import { openUserModel, type UserModel } from '../../../models/user-model';
import { type Encoding, type Rows, standardiseTargets } from '../../../tables/encode';
import type { FitContext, OpenBaseModel } from '../types';

const ROWS_PER_RUN = 1024;

type Surroundings = Pick<FitContext, 'compute' | 'userModel' | 'shape'>;
type UserBase = Pick<OpenBaseModel, 'predict' | 'close'>;

/**
 * What is kept of the file: its hash, so that a set is never drawn around another model than the one it was calibrated for.
 * The file must have one float input [rows, features], rows open; its first output is [rows, targets]. A model that cannot
 * answer says so here, before anything else is trained.
 *
 * @throws `input-missing`, `model-output`, and what `openUserModel` throws
 */
export async function fitUserBase(context: Surroundings, encoding: Encoding, train: Rows): Promise<Arrays> {
  const model = await open(context);
  try {
    await baseOf(model, context, encoding).predict({ ...train, count: 1 });
    return { sha256: vector(Uint8Array.from(Buffer.from(model.sha256, 'hex'))) };
  } finally {
    await model.close();
  }
}

/** Opens the file again. @throws `model-file-changed`, and what `fitUserBase` throws */
export async function openUserBase(
  context: Surroundings,
  encoding: Encoding,
  arrays: Arrays,
): Promise<UserBase> {
  const model = await open(context);
  const before = Buffer.from(arrays.sha256!.data as Uint8Array).toString('hex');
  if (before === model.sha256) return baseOf(model, context, encoding);
  await model.close();
  throw new MongeError({
    code: 'model-file-changed',
    blame: 'input',
    what: 'the model file is not the one that the sets were calibrated for',
    where: { file: model.name, key: 'model' },
    got: `SHA-256 ${model.sha256.slice(0, 16)}…`,
    expected: `${before.slice(0, 16)}…`,
    help: 'put the old file back, or run again',
  });
}

function baseOf(
  model: UserModel,
  { shape: { d, features } }: Pick<FitContext, 'shape'>,
  encoding: Encoding,
): UserBase {
  return {
    async predict({ count, raw }) {
      const mean = new Float32Array(count * d);
      for (let from = 0; from < count; from += ROWS_PER_RUN) {
        const rows = Math.min(ROWS_PER_RUN, count - from);
        const part = raw.slice(from * features, (from + rows) * features);
        const { type, data, dims } = await model.run(part, [rows, features]);
        const fits = type === 'float32' || type === 'float64';
        // A model of one target may leave the last axis out.
        if (!fits || data.length !== rows * d || dims[0] !== rows)
          throw badOutput(model.name, `${type} [${dims.join(', ')}]`, rows, d);
        const values = data as Float32Array | Float64Array;
        if (!values.every(Number.isFinite))
          throw badOutput(model.name, 'numbers that are not finite', rows, d);
        mean.set(values, from * d);
      }
      return { mean: { data: standardiseTargets(encoding, mean), shape: [count, d] } };
    },
    close: () => model.close(),
  };
}

async function open({ compute, userModel, shape: { features } }: Surroundings): Promise<UserModel> {
  if (!userModel)
    throw new MongeError({
      code: 'input-missing',
      blame: 'input',
      what: 'no model file is given',
      where: { key: 'model' },
      expected: 'an ONNX file',
    });
  return openUserModel(compute, userModel, {
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
