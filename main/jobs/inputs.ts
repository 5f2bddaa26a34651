/** @file The data sets of a run, opened by the names of the method's inputs. */
import { MongeError } from '../../native-models/error';
import { openDataset } from '../data';
import type { Dataset } from '../contract/data';
import type { Inputs } from '../contract/define';
import type { DataReference } from '../contract/engine';

/** Opens the run's data sets by input name. @throws `data-changed` where a file is not what the run was started with. */
export async function openInputs(references: readonly DataReference[]): Promise<Inputs> {
  const inputs: Record<string, Dataset> = {};
  try {
    for (const reference of references) {
      const dataset = await openDataset(reference.path, { roles: reference.roles });
      inputs[reference.input] = dataset;
      if (dataset.info.sha256 === reference.sha256) continue;
      throw new MongeError({
        code: 'data-changed',
        blame: 'input',
        what: 'the data is no longer what this run was started with',
        where: { file: reference.path, key: reference.input },
        got: `SHA-256 ${dataset.info.sha256.slice(0, 16)}…`,
        expected: `${reference.sha256.slice(0, 16)}…`,
        help: 'put the old file back, or start a new run on the new one',
      });
    }
    return inputs;
  } catch (error) {
    await closeInputs(inputs);
    throw error;
  }
}

export async function closeInputs(inputs: Inputs): Promise<void> {
  for (const dataset of Object.values(inputs)) await dataset?.close();
}
