/** @file The errors of calls whose process ended before it answered. */
import { MongeError, type ErrorDetail } from '../../native-models/error';
import { MEMORY_VARIABLE } from './limits';

/** Why a process was ended, or how it ended by itself. */
export type Ending =
  | { cause: 'time'; call: number; seconds: number; silent: boolean }
  | { cause: 'memory'; bytes: number | null }
  | { cause: 'stopped'; call: number | null }
  | { cause: 'exit'; code: number | null; signal: string | null; ready: boolean; said: string };

/**
 * What the call of this number throws: `foreign-memory` for every call under way, `foreign-time` and `foreign-stopped`
 * only for the one that was late or given up; the others get `foreign-interrupted`.
 */
export function endingError(
  ending: Ending,
  call: number,
  file: string | undefined,
  memoryBytes: number,
): MongeError {
  const where = file === undefined ? {} : { where: { file } };
  const make = (detail: ErrorDetail) => new MongeError({ ...detail, ...where });
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;
  const innocent = make({
    code: 'foreign-interrupted',
    blame: 'machine',
    what: 'the process for foreign files ended because of another call',
    help: 'ask again: the next call starts a new one',
  });
  switch (ending.cause) {
    case 'time':
      if (ending.call !== call) return innocent;
      return make({
        code: 'foreign-time',
        blame: 'input',
        what: ending.silent
          ? 'this file kept its process busy for too long without a word'
          : 'this file took too long to be looked at',
        got: `no answer after ${ending.seconds} s`,
        expected: `at most ${ending.seconds} s`,
        help: 'the file may be damaged or made to harm; its process was ended, all else goes on',
      });
    case 'memory':
      return make({
        code: 'foreign-memory',
        blame: 'input',
        what: 'this file needs more memory than foreign files may take',
        got: ending.bytes === null ? 'more than its heap may hold' : mebibytes(ending.bytes),
        expected: `at most ${mebibytes(memoryBytes)}`,
        help: `if you trust the file, set ${MEMORY_VARIABLE} to a larger number of MiB`,
      });
    case 'stopped':
      if (ending.call !== null && ending.call !== call) return innocent;
      return stopped(file);
    case 'exit': {
      const how = ending.signal === null ? `exit code ${String(ending.code)}` : ending.signal;
      const got = ending.said === '' ? how : `${how}: ${ending.said}`;
      // A process that never came up says nothing of the file.
      if (!ending.ready)
        return make({
          code: 'foreign-not-started',
          blame: 'machine',
          what: 'the process for foreign files could not be started',
          got,
          help: 'install the program again, or report this',
        });
      return make({
        code: 'foreign-ended',
        blame: 'input',
        what: 'the process in which this file was open ended',
        got,
        // A process does not send itself this one: the system does where memory runs out, or a person.
        help:
          ending.signal === 'SIGKILL'
            ? 'it was ended from outside, as happens where memory runs out; free some and try again'
            : 'the file may be damaged or made to harm; all else goes on',
      });
    }
  }
}

/** A call given up for no reason of its own. */
export function stopped(file?: string): MongeError {
  return new MongeError({
    code: 'foreign-stopped',
    what: 'the call was stopped',
    ...(file === undefined ? {} : { where: { file } }),
  });
}
