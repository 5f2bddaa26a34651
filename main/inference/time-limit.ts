/** @file Code of ours that works on foreign patterns or templates, cut when it takes too long. */
import { createContext, Script } from 'node:vm';
import { MongeError, type ErrorDetail } from '../../native-models/error';

const context = createContext({ action: undefined as (() => void) | undefined });
const script = new Script('action()');

/**
 * Runs an action without awaits and ends it after `milliseconds`. V8 looks for the end inside loops and inside regular
 * expressions that backtrack, so neither can hang; native code that does not return cannot be cut.
 * @throws what the action throws, or `onTimeout` as a MongeError
 */
export function withinTime<Result>(
  milliseconds: number,
  onTimeout: ErrorDetail,
  action: () => Result,
): Result {
  let result: { value: Result } | { error: unknown } | undefined;
  const outer = context.action as (() => void) | undefined;
  context.action = () => {
    try {
      result = { value: action() };
    } catch (error) {
      result = { error };
    }
  };
  try {
    script.runInContext(context, { timeout: milliseconds });
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new MongeError({ blame: 'input', ...onTimeout, got: `no end after ${milliseconds} ms` });
  } finally {
    context.action = outer;
  }
  if (result === undefined)
    throw new MongeError({ code: 'internal', blame: 'machine', what: 'An action left no result.' });
  if ('error' in result) throw result.error;
  return result.value;
}
