/** @file How much memory the process for foreign files may hold. */
import { totalmem } from 'node:os';
import { MongeError } from '../../native-models/error';

/** A whole number of MiB, instead of the share below. */
export const MEMORY_VARIABLE = 'MONGE_FOREIGN_MEMORY';
/** Of what this machine, or the container it is, has. */
const SHARE = 0.5;
const LEAST_MEBIBYTES = 256;

/** Bytes. @throws `bad-usage` where the variable is set to something else than a number of MiB from 256 */
export function memoryLimit(environment: NodeJS.ProcessEnv = process.env): number {
  const given = environment[MEMORY_VARIABLE];
  if (given !== undefined && given !== '') {
    const mebibytes = Number(given);
    if (Number.isInteger(mebibytes) && mebibytes >= LEAST_MEBIBYTES) return mebibytes * 2 ** 20;
    throw new MongeError({
      code: 'bad-usage',
      what: 'the limit of memory for foreign files is no size',
      where: { key: MEMORY_VARIABLE },
      got: given.slice(0, 100),
      expected: `a whole number of MiB, at least ${LEAST_MEBIBYTES}`,
    });
  }
  // Of a container without a limit the system answers 0 or a number beyond all memory.
  const container = process.constrainedMemory() || Infinity;
  return Math.floor(Math.min(totalmem(), container) * SHARE);
}
