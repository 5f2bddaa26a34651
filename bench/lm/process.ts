/** @file A process that answers questions line by line, so that ours and the peers' can take turns while all stay loaded. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LmRequest } from './protocol';

export class AnsweringProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#child.stderr!.on(
      'data',
      (text: Buffer) => (this.#errors = (this.#errors + String(text)).slice(-4000)),
    );
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Rejects with the last line of what it said where it ends instead of answering. */
  async ask(request: LmRequest): Promise<Record<string, number>> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    for (;;) {
      const { value, done } = (await this.#lines.next()) as IteratorResult<string, undefined>;
      if (done === true) throw new Error(this.#errors.trim().split('\n').at(-1) || 'the process ended');
      // Libraries print what they like; answers are objects.
      if (value.startsWith('{')) return JSON.parse(value) as Record<string, number>;
    }
  }

  close(): void {
    this.#child.stdin!.end();
  }
}
