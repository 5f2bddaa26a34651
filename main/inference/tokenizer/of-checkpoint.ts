/** @file The tokenizer of an opened checkpoint, whose faults name the file they are in. */
import { basename } from 'node:path';
import { MongeError } from '../../../native-models/error';
import { tokenizerOf, type Checkpoint } from '../../models/checkpoint';
import { openTokenizer } from './open';
import type { Tokenizer } from './tokenizer';

/** @throws `tokenizer-missing`, `tokenizer-broken`, `tokenizer-unsupported`, naming file and key */
export function checkpointTokenizer(checkpoint: Checkpoint): Tokenizer {
  const source = tokenizerOf(checkpoint);
  try {
    return openTokenizer(source);
  } catch (thrown) {
    if (!(thrown instanceof MongeError) || thrown.detail.where?.file !== undefined) throw thrown;
    const { where } = thrown.detail;
    // The settings beside tokenizer.json have a file of their own, by whose name their faults are told.
    const named = where?.key?.startsWith('tokenizer_config') ? 'tokenizer_config.json' : 'tokenizer.json';
    const beside = checkpoint.files.find((file) => basename(file) === named);
    throw new MongeError(
      { ...thrown.detail, where: { ...where, file: beside ?? checkpoint.path } },
      { cause: thrown },
    );
  }
}
