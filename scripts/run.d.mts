/** @file Types of run.mjs for the tests. */
export const root: string;
export function packageFile(name: string, file: string): string;
export function run(
  command: string,
  args: string[],
  options?: {
    env?: Record<string, string | undefined>;
    capture?: boolean;
    milliseconds?: number;
    cwd?: string;
  },
): Promise<{ code: number; output: string }>;
