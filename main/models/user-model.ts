/** @file A model that the user brings as an ONNX file: one input, whose shape the caller judges, and the first output. */
import { encodeModel, type ModelProto } from '../../native-models';
import { MongeError } from '../../native-models/error';
import type { Compute, HostTensor } from '../contract/compute';
import type { ModelInput } from '../contract/opened';

/** The number of float tensors in ONNX's list of element types. */
const FLOAT = 1;

export type UserModel = Awaited<ReturnType<typeof openUserModel>>;

/** What the caller can feed. */
interface Needs {
  /** The method's input, for errors. */
  input: string;
  /** Whether a float input of these sizes, 0 where open, will do. */
  fits(sizes: readonly number[]): boolean;
  what: string;
  expected: string;
  help: string;
}

/** Opens the file on the CPU. @throws `model-input`, `data-changed`, and the coded errors of a file that is no model */
export async function openUserModel(compute: Compute, file: ModelInput, needs: Needs) {
  const { model, sha256 } = await file.open();
  const sizes = checkInput(model, file.name, needs);
  const session = await compute.open(encodeModel(model), { label: file.name, device: 'cpu' });
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!];
  return {
    /** Of the file. */
    name: file.name,
    sha256,
    /** Sizes of the input, 0 where open. */
    sizes,
    /** The first output for this input. */
    async run(data: Float32Array, dims: readonly number[]): Promise<HostTensor> {
      return (await session.run({ [input]: { type: 'float32', data, dims } }))[output]!;
    },
    close: () => session.close(),
  };
}

function checkInput({ graph }: ModelProto, name: string, needs: Needs): number[] {
  const constants = new Set((graph?.initializer ?? []).map((tensor) => tensor.name));
  const inputs = (graph?.input ?? []).filter((input) => !constants.has(input.name));
  const tensor = inputs[0]?.type?.tensorType;
  const sizes = (tensor?.shape?.dim ?? []).map(({ dimValue }) =>
    dimValue === undefined ? 0 : Number(dimValue),
  );
  if (inputs.length === 1 && tensor?.elemType === FLOAT && needs.fits(sizes)) return sizes;
  throw new MongeError({
    code: 'model-input',
    blame: 'input',
    what: needs.what,
    where: { file: name, key: needs.input },
    got: `${inputs.length} inputs, the first [${sizes.map((size) => size || 'open').join(', ')}]`,
    expected: needs.expected,
    help: needs.help,
  });
}
