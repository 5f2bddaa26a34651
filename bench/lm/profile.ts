/** @file `monge bench lm --profile`: where the time of a token or a capture goes, by operator, beside what the machine allows. */
import type { AnsweringProcess } from './process';
import type { LmSetting } from './protocol';

/** Setting, tokens before, tokens made: with one token the prompt is what is looked at. */
const CASES: readonly (readonly [LmSetting, number, number])[] = [
  ['chat level 4', 64, 64],
  ['chat level 4', 2048, 32],
  ['level 0, rescored', 64, 64],
  ['fp32', 512, 1],
  ['capture', 0, 0],
];

/** Opens one process after the other; `sentences` is a file of token ids. */
export async function printProfiles(
  open: (setting: LmSetting) => AnsweringProcess,
  sentences: string,
): Promise<void> {
  for (const [setting, context, tokens] of CASES) {
    const side = open(setting);
    try {
      const shares = await side.ask({ ask: 'profile', file: sentences, context, tokens });
      process.stdout.write(`${profileTable(titleOf(setting, context, tokens), shares)}\n\n`);
    } finally {
      side.close();
    }
  }
  const side = open('fp32');
  try {
    const { gigabytesPerSecond, gigaflops } = await side.ask({ ask: 'bounds' });
    process.stdout.write(
      `weights read by the runtime's product for one token: ${gigabytesPerSecond!.toFixed(1)} GB/s; ` +
        `multiplied for 512 tokens: ${gigaflops!.toFixed(0)} GFLOP/s\n`,
    );
  } finally {
    side.close();
  }
}

function titleOf(setting: LmSetting, context: number, tokens: number): string {
  if (setting === 'capture') return 'capture, ms a sentence';
  return tokens === 1
    ? `${setting}, prompt of ${context}, ms a token`
    : `${setting}, ${tokens} tokens after ${context}, ms a token`;
}

/** Operators of 1 % and more, the longest first, and the rest together. */
export function profileTable(title: string, shares: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(shares).sort(([, a], [, b]) => b - a);
  const whole = sorted.reduce((sum, [, time]) => sum + time, 0);
  const line = (name: string, time: number) =>
    `  ${time.toFixed(3).padStart(9)}  ${((100 * time) / whole).toFixed(0).padStart(3)} %  ${name}`;
  const long = sorted.filter(([, time]) => time >= whole / 100);
  const rest = sorted.slice(long.length).reduce((sum, [, time]) => sum + time, 0);
  return [
    title,
    line('all kernels', whole),
    ...long.map(([name, time]) => line(name, time)),
    line('the rest', rest),
  ].join('\n');
}
