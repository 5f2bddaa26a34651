/** @file Which files a view may have opened: any on the desktop, those below the given roots in server mode. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { MongeError } from '../../native-models/error';

/** What a host allows beyond the shape of the arguments. */
export interface ApiPolicy {
  /** Returns the path the engine may open in its place, or throws `path-not-allowed`. */
  allowPath(path: string): Promise<string>;
  /**
   * The same for what was opened before and is asked for by its id: also what was dropped or made here, which lies in
   * folders of our own. `allowPath` where there is no difference.
   */
  allowOpened?(path: string): Promise<string>;
}

/** Whether what was opened from `path`, perhaps by another session, may be used by this one. */
export async function mayUse(policy: ApiPolicy, path: string): Promise<boolean> {
  try {
    await (policy.allowOpened?.(path) ?? policy.allowPath(path));
    return true;
  } catch {
    return false;
  }
}

/** For the desktop, where the person who drops a file owns the machine. */
export const anyPath: ApiPolicy = { allowPath: async (path) => path };

/**
 * Paths below one of `roots` only, symbolic links resolved on both sides.
 * A path outside is refused before the disk is asked, so the answer does not tell what exists there.
 */
export async function pathsBelow(roots: readonly string[]): Promise<ApiPolicy> {
  const real = await Promise.all(roots.map((root) => realpath(resolve(root))));
  const named = [...roots.map((root) => resolve(root)), ...real];
  return {
    async allowPath(path) {
      const asked = resolve(path);
      if (!named.some((root) => isBelow(root, asked))) throw notAllowed(path, roots);
      const found = await realpath(asked).catch((thrown: unknown) => {
        throw notFound(path, thrown);
      });
      if (!real.some((root) => isBelow(root, found))) throw notAllowed(path, roots);
      return found;
    },
  };
}

/** Whether `path` is `folder` or lies in it; both absolute and resolved. */
export function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function notAllowed(path: string, roots: readonly string[]): MongeError {
  return new MongeError({
    code: 'path-not-allowed',
    what: 'this server does not open files there',
    where: { file: path },
    expected: `a path below ${roots.join(', ')}`,
    help: 'Start the server with `monge serve --root FOLDER` for the folder that holds the file, or upload it.',
  });
}

function notFound(path: string, cause: unknown): MongeError {
  const code = (cause as NodeJS.ErrnoException).code;
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return new MongeError(
    {
      code: missing ? 'file-not-found' : 'file-unreadable',
      what: missing ? 'there is no such file' : `the file cannot be read (${code ?? 'unknown reason'})`,
      where: { file: path },
    },
    { cause },
  );
}
