/** @file Finds the command, prints help, and turns whatever happens into an exit code. */
import { defineCommand, renderUsage } from 'citty';
import { errorDetail, formatError, MongeError } from '../../native-models/error';
import { productVersion } from '../disk/paths';
import { flag, parseFlags, word } from './arguments';
import type { Parsed } from './arguments';
import type { CommandLine } from './command';
import { check } from './commands/check';
import { claims } from './commands/claims';
import { inspect } from './commands/inspect';
import { methods } from './commands/methods';
import { run } from './commands/run';
import { exportRun, list, resume, show } from './commands/runs';
import { serve } from './commands/serve';
import { sweep } from './commands/sweep';
import { exitCodeOfError, exitCodes } from './exit-codes';
import type { CliHost } from './host';

const bench: CommandLine = {
  summary: 'Time the numbers of docs/performance.md on this machine',
  flags: {
    args: {
      name: word('one benchmark', false),
      json: flag('JSON on standard output'),
    },
  },
  raw: true,
  async run(_parsed, host, given) {
    if (!host.loadBench)
      throw new MongeError({
        code: 'bench-missing',
        what: 'the benchmarks are not built',
        help: 'Run npm run build.',
      });
    const main = await host.loadBench();
    return main(given);
  },
};

/** In the order of `monge --help`. A map, so that no inherited name is a command. */
const commands: ReadonlyMap<string, CommandLine> = new Map([
  ['serve', serve],
  ['run', run],
  ['sweep', sweep],
  ['resume', resume],
  ['list', list],
  ['show', show],
  ['export', exportRun],
  ['inspect', inspect],
  ['methods', methods],
  ['claims', claims],
  ['check', check],
  ['bench', bench],
]);

const noArguments: Parsed = {
  words: [],
  text: () => undefined,
  texts: () => [],
  flag: () => false,
  whole: () => undefined,
};

/** Runs one command line and returns its exit code; never throws. */
export async function runCommandLine(given: readonly string[], host: CliHost): Promise<number> {
  try {
    const [name, ...rest] = given;
    if (name === '--version' || name === '-v') {
      host.print(productVersion);
      return exitCodes.done;
    }
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      host.print(await overview());
      return name === undefined ? exitCodes.badInput : exitCodes.done;
    }
    const command = commands.get(name);
    if (!command)
      throw new MongeError({
        code: 'bad-usage',
        what: 'there is no such command',
        got: JSON.stringify(name),
        expected: [...commands.keys()].join(', '),
      });
    if (isHelpAsked(rest)) {
      host.print(await help(name, command));
      return exitCodes.done;
    }
    return await command.run(command.raw ? noArguments : parseFlags(command.flags, rest), host, rest);
  } catch (thrown) {
    const detail = errorDetail(thrown);
    host.tell(`${formatError(detail)}\n`);
    if (isJsonAsked(given)) host.print(JSON.stringify({ error: detail }));
    // A stack helps only where the program itself is at fault.
    if (!(thrown instanceof MongeError) && thrown instanceof Error && host.environment.MONGE_DEBUG)
      host.tell(`${thrown.stack ?? ''}\n`);
    return exitCodeOfError(detail);
  }
}

function isHelpAsked(rest: readonly string[]): boolean {
  return flagsOf(rest).some((text) => text === '--help' || text === '-h');
}

/** Looked up in the line itself: a script wants its object also where the flags cannot be read. */
function isJsonAsked(given: readonly string[]): boolean {
  return commands.get(given[0] ?? '')?.flags.args.json !== undefined && flagsOf(given).includes('--json');
}

/** What stands before the `--` that ends the flags. */
function flagsOf(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return end < 0 ? words : words.slice(0, end);
}

function overview(): Promise<string> {
  const subCommands = Object.fromEntries(
    [...commands].map(([name, { summary }]) => [
      name,
      defineCommand({ meta: { name, description: summary } }),
    ]),
  );
  const description = 'Drop data, pick a method, press Run, and see';
  return renderUsage(
    defineCommand({ meta: { name: 'monge', version: productVersion, description }, subCommands }),
  );
}

function help(name: string, { summary, flags }: CommandLine): Promise<string> {
  const parent = defineCommand({ meta: { name: 'monge' } });
  return renderUsage(defineCommand({ meta: { name, description: summary }, args: flags.args }), parent);
}
