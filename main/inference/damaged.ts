/** @file Logits that are no numbers come from weights: the error names the file, and the tensor where one is damaged. */
import { MongeError } from '../../native-models/error';
import type { Checkpoint } from '../models/checkpoint';
import { damagedWeight } from '../models/checkpoint-notices';

/**
 * What `work` gives. Of `logits-not-finite` the file is named, and of a checkpoint the first weight that is no number: all are read then,
 * which takes its time but is asked only of a model that says nothing else.
 */
export async function namingDamage<T>(
  { path, checkpoint }: { path: string; checkpoint: Checkpoint | null },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof MongeError) || thrown.code !== 'logits-not-finite') throw thrown;
    if (thrown.detail.where?.file !== undefined) throw thrown;
    const tensor = checkpoint && (await damagedWeight(checkpoint).catch(() => null));
    throw new MongeError(
      {
        ...thrown.detail,
        where: { file: path, ...(tensor === null ? {} : { tensor }) },
        help:
          tensor === null
            ? 'all weights that were read are finite, but sums of them are not: they may be of another model, or scaled wrongly'
            : 'the weights are damaged: get the file again',
      },
      { cause: thrown },
    );
  }
}
