/** @file MONGE_DEBUG: how much the engine tells, on standard error, of what it compiles and runs. */
import { MongeError } from '../../native-models/error';

export const DEBUG_VARIABLE = 'MONGE_DEBUG';

/**
 * 0 nothing (default); 1 and 2 are of native-models and tell of programs as they are built; 3 adds which device every
 * node of a session ran on, 4 the time per operation and scope, both when the session is closed.
 * @throws `debug-level` for anything but a whole number from 0 to 4.
 */
export function debugLevel(environment: Readonly<Record<string, string | undefined>> = process.env): number {
  const text = environment[DEBUG_VARIABLE] ?? '';
  if (/^[0-4]?$/.test(text)) return Number(text);
  throw new MongeError({
    code: 'debug-level',
    what: 'this is no level of debugging output',
    where: { key: DEBUG_VARIABLE },
    got: text,
    expected: 'a whole number from 0 to 4',
  });
}
