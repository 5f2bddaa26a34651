/** @file A model that the user brings as an ONNX file: one input, whose shape the caller judges, and the first output. */
import { MongeError } from '../../native-models/error';
import type { Compute, HostTensor } from '../contract/compute';
import type { ForeignSession, ModelInput } from '../contract/opened';
import { arrayTypes } from '../compute/host-array';

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

/**
 * Opens the file on the CPU, in the process for foreign files.
 * @throws `model-input`, `model-output`, `data-changed`, and the coded errors of a file that is no model
 */
export async function openUserModel({ threads }: Pick<Compute, 'threads'>, file: ModelInput, needs: Needs) {
  const session = await file.openSession({ threads });
  try {
    const sizes = checkInput(session, file.name, needs);
    const output = checkOutput(session, file.name, needs);
    const input = session.inputs[0]!.name;
    return {
      /** Of the file. */
      name: file.name,
      sha256: session.sha256,
      /** Sizes of the input, 0 where open. */
      sizes,
      /** The first output for this input. */
      async run(data: Float32Array, dims: readonly number[]): Promise<HostTensor> {
        return (await session.run({ [input]: { type: 'float32', data, dims } }, [output]))[output]!;
      },
      close: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

function checkInput({ inputs }: ForeignSession, name: string, needs: Needs): number[] {
  const [first] = inputs;
  const sizes = (first?.dims ?? []).map((size) => (typeof size === 'number' ? size : 0));
  if (inputs.length === 1 && first!.type === 'float32' && needs.fits(sizes)) return sizes;
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

function checkOutput({ outputs: [first] }: ForeignSession, name: string, { input }: Needs): string {
  if (first?.type && Object.hasOwn(arrayTypes, first.type)) return first.name;
  throw new MongeError({
    code: 'model-output',
    blame: 'input',
    what: 'the first output of the model is no tensor of numbers',
    where: { file: name, key: input },
    got: first ? `${first.name}: ${first.type ?? 'not a tensor'}` : 'no outputs',
    expected: `a tensor of ${Object.keys(arrayTypes).join(', ')}`,
  });
}
