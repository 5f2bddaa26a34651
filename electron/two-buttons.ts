/** @file A message box with two buttons, of which the first is the default. */
import type { MessageBoxOptions } from 'electron';

/** @param cancelId the button that closing the box stands for */
export function twoButtons(
  buttons: [string, string],
  cancelId: 0 | 1,
  words: Pick<MessageBoxOptions, 'type' | 'message' | 'detail'>,
): MessageBoxOptions {
  return { ...words, buttons, defaultId: 0, cancelId, noLink: true };
}
