/** @file The code of the error that an action throws, for tests that assert codes and never prose. */
import { MongeError } from '../error';

/** Runs the action and returns the code of its MongeError; `nothing thrown` where it succeeds. */
export function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof MongeError) return thrown.code;
    throw thrown;
  }
  return 'nothing thrown';
}
