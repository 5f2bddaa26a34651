/** @file The command line that repeats experiments. */
import { quote } from '../runs/command';

/** `npx monge claims <method> [--quick] [--only …] [--seeds N] [--data name=FILE …]`, quoted for the shell. */
export function claimsCommand(
  method: string,
  {
    quick,
    only = [],
    seeds,
    data,
  }: {
    quick: boolean;
    only?: readonly string[];
    seeds?: number;
    data: readonly { name: string; path: string }[];
  },
  platform: NodeJS.Platform = process.platform,
): string {
  const words = ['npx', 'monge', 'claims', method];
  if (quick) words.push('--quick');
  if (only.length > 0) words.push('--only', only.join(','));
  if (seeds !== undefined) words.push('--seeds', String(seeds));
  for (const { name, path } of data) words.push('--data', `${name}=${path}`);
  return words.map((word) => quote(word, platform)).join(' ');
}
