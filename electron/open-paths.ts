/** @file Files the system asks to open: from the command line, a second start, a double click or the dock. */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';

/**
 * The files named on a command line, as absolute paths; options, and what does not exist, are left out.
 * @param packaged an unpackaged app has its own folder as the argument after the program
 */
export function pathsFromArguments(argv: readonly string[], folder: string, packaged: boolean): string[] {
  return argv
    .slice(packaged ? 1 : 2)
    .filter((argument) => argument !== '' && !argument.startsWith('-'))
    .map((argument) => (isAbsolute(argument) ? argument : resolve(folder, argument)))
    .filter((path) => existsSync(path));
}

/** Holds paths until a page listens, then passes each on once. */
export class OpenPaths {
  #waiting: string[] = [];
  #deliver: ((paths: string[]) => void) | null = null;

  add(paths: readonly string[]): void {
    this.#waiting.push(...paths);
    this.#flush();
  }

  /** @param deliver null when no page listens (any more) */
  listen(deliver: ((paths: string[]) => void) | null): void {
    this.#deliver = deliver;
    this.#flush();
  }

  #flush(): void {
    if (!this.#deliver || this.#waiting.length === 0) return;
    const paths = this.#waiting;
    this.#waiting = [];
    this.#deliver(paths);
  }
}
