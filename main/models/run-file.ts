/** @file One run of a foreign model on the arrays of a file, in the process for foreign files. */
import { decodeNpz, type StoredArray } from '../../native-models';
import { openCompute } from '../compute/session';
import type { Device, UsedDevice } from '../contract/compute';
import { toHostTensor, toStoredArray } from './feeds';
import { importModel, openModel } from './import';
import { readModelFile } from './model-file';
import type { LeftOut } from './runnable';

export interface RunFileRequest {
  path: string;
  /** An NPZ whose arrays have the names of the model's inputs. */
  inputs: string;
  device: Device;
  threads: number;
}

export interface RunFileAnswer {
  outputs: Record<string, StoredArray>;
  /** Outputs of types that there are no arrays for. */
  leftOut: readonly LeftOut[];
  device: UsedDevice;
  notices: readonly string[];
}

/** @throws what `importModel`, `openModel` and its run throw, and the codes of the reader of arrays */
export async function runFile({ path, inputs, device, threads }: RunFileRequest): Promise<RunFileAnswer> {
  const model = await importModel(path);
  const arrays = decodeNpz(await readModelFile(inputs), inputs);
  const feeds = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, toHostTensor(array, name)]),
  );
  const compute = openCompute({ threads });
  try {
    const open = await openModel(model, compute, { device });
    const results = Object.entries(await open.run(feeds));
    return {
      outputs: Object.fromEntries(results.map(([name, tensor]) => [name, toStoredArray(tensor)])),
      leftOut: open.leftOut,
      device: open.device,
      notices: compute.notices,
    };
  } finally {
    await compute.close();
  }
}
