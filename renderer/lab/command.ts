/** @file What the Generate tab would do, as a line for the shell that does the same: the method `generate` with these settings. */
import type { ChatMessage, NumericLevel, Sampling } from '../../main/rpc/contract';

export interface CommandOf {
  /** Where the model lies on the engine's machine. */
  path: string;
  mode: 'prompt' | 'messages';
  prompt: string;
  /** What was said before, and what is being written. */
  messages: readonly ChatMessage[];
  entry: string;
  system: string;
  sampling: Sampling;
  level: NumericLevel;
}

/** The line, or why there is none. */
export type Command = { line: string; reason: null } | { line: null; reason: string };

/**
 * `npx monge run generate --model PATH --prompt TEXT --set … --seed N`. The method puts one message through the chat template, so
 * that a conversation of several, or one with a system message, has no line.
 */
export function generateCommand(asked: CommandOf): Command {
  const { path, mode, sampling, level } = asked;
  const prompt = mode === 'prompt' ? asked.prompt : firstMessage(asked);
  if (mode === 'messages' && asked.system.trim() !== '')
    return { line: null, reason: 'A command has no system message: clear it, or go on here.' };
  if (prompt === null)
    return { line: null, reason: 'A command says one message: clear the conversation, or go on here.' };
  if (prompt.trim() === '') return { line: null, reason: 'There is nothing to go on from yet.' };
  const { seed, stop, ...numbers } = sampling;
  const settings = [
    ...(mode === 'messages' ? ['chat=true'] : []),
    ...Object.entries(numbers).map(([key, value]) => `${key}=${value}`),
    `level=${level}`,
  ];
  const words = ['npx', 'monge', 'run', 'generate', '--model', path, '--prompt', prompt];
  words.push('--set', settings.join(','));
  if (stop.length > 0) words.push('--set', `stop=${JSON.stringify(stop)}`);
  words.push('--seed', String(seed));
  const windows = /^([A-Za-z]:|\\)\\/.test(path);
  return { line: words.map((word) => quoted(word, windows)).join(' '), reason: null };
}

/** What a person says first: the only thing that was said, or is being written; null where more was. */
function firstMessage({ messages, entry }: Pick<CommandOf, 'messages' | 'entry'>): string | null {
  const said = messages.filter(({ role }) => role === 'user');
  if (said.length === 0) return entry.trim();
  return said.length === 1 && entry.trim() === '' ? said[0]!.content : null;
}

/** One word as the shell of the engine's machine takes it. */
function quoted(word: string, windows: boolean): string {
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word)) return word;
  if (windows) return /^[A-Za-z0-9_./\\:=@+,-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
