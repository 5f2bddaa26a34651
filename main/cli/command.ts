/** @file What a command of `monge` is. */
import type { Flags, Parsed } from './arguments';
import type { CliHost } from './host';

export interface CommandLine {
  /** One line for `monge --help`. */
  summary: string;
  flags: Flags;
  /** Arguments go on as they are, unread. */
  raw?: true;
  /** Returns the exit code; throws a coded error for anything else. */
  run(parsed: Parsed, host: CliHost, given: readonly string[]): Promise<number>;
}
