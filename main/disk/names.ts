/** @file Names that may become paths: run ids and file names, checked so that nothing is ever reached outside its folder. */
import { randomBytes } from 'node:crypto';
import { MongeError } from '../../native-models/error';

const runId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
// Windows opens devices under these names, whatever the extension.
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** `20261123-1312-flows-3f9a`: sortable by time (UTC), readable, and distinct within a minute. */
export function newRunId(method: string, now: Date): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  const stamp = `${date.replaceAll('-', '')}-${time.slice(0, 5).replace(':', '')}`;
  return `${stamp}-${method}-${randomBytes(2).toString('hex')}`;
}

/** Whether a folder of this name can be a run; a run's id is its folder's name. */
export function isRunId(id: unknown): id is string {
  return typeof id === 'string' && runId.test(id);
}

/** The error for an id that names no run here, whether it is unknown or not even an id. */
export function runNotFound(id: unknown): MongeError {
  return new MongeError({
    code: 'run-not-found',
    what: 'there is no such run',
    where: { key: 'run' },
    got: JSON.stringify(String(id).slice(0, 200)),
    help: 'list the runs to see their ids; a deleted one lies in the trash',
  });
}

/**
 * Returns the name when it is one plain file name, safe on every platform.
 * @throws `unsafe-name` for separators, `..`, control characters, device names and overlong names.
 */
export function safeFileName(name: unknown): string {
  const text = typeof name === 'string' ? name : '';
  const bytes = Buffer.byteLength(text);
  const control = [...text].some((c) => c.charCodeAt(0) < 32 || c.charCodeAt(0) === 127);
  const bad =
    bytes === 0 ||
    bytes > 200 ||
    control ||
    /[/\\:*?"<>|]/.test(text) ||
    text.startsWith('.') ||
    /[. ]$/.test(text) ||
    text.trim() === '' ||
    reserved.test(text);
  if (bad)
    throw new MongeError({
      code: 'unsafe-name',
      what: 'this cannot be a file name',
      where: { key: 'name' },
      got: JSON.stringify(String(name).slice(0, 200)),
      expected: 'a plain file name without separators, of at most 200 bytes',
      help: 'rename the file and try again',
    });
  return text;
}
