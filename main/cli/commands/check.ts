/** @file `monge check`: whether a parameterisation keeps a network alike at every scale, beside a control that must not. */
import { join, resolve } from 'node:path';
import type { Check } from '../../methods/transfer/diagnostics/kept';
import { defaultRunsFolder } from '../../disk/paths';
import { usage, word } from '../arguments';
import type { CommandLine } from '../command';
import { exitCodes } from '../exit-codes';
import { follow } from '../follow';
import { withEngine } from '../host';
import { openGivenInputs } from '../inputs';
import { table } from '../text';
import { methodNamed, readSettings, run } from './run';

const tasks = ['coordinates', 'gradients', 'epsilon'];

const { method: _, ...flags } = run.flags.args;

export const check: CommandLine = {
  summary: 'Check a parameterisation over scale: coordinates, gradients or epsilon',
  flags: {
    ...run.flags,
    args: { what: word('coordinates (activations), gradients, or epsilon'), ...flags },
  },
  async run(parsed, host) {
    const what = parsed.words[0]!;
    if (!tasks.includes(what)) throw usage('there is no such check', 'what', what, tasks.join(', '));
    const runsFolder = resolve(parsed.text('out') ?? defaultRunsFolder(host.environment));
    const threads = parsed.whole('threads', 1, 1024);
    return withEngine(host, { runsFolder, transport: 'port', threads }, async (engine) => {
      const method = methodNamed(await engine.methods(), 'transfer');
      const settings = await readSettings(
        parsed,
        method.fields.map((field) => field.key),
      );
      const config = { ...settings.config, task: what };
      const data = await openGivenInputs(engine, method, parsed, config, runsFolder, []);
      let id = '';
      const code = await follow(host, engine, {
        async start() {
          const record = await engine.startRun({
            ...{ method: method.id, data, config, seed: settings.seed, name: parsed.text('name') },
          });
          id = record.id;
          return record;
        },
        folder: (one) => join(runsFolder, one),
        json: parsed.flag('json'),
      });
      if (code !== exitCodes.done) return code;
      const found = (await engine.query(id, 'check', {})) as Check;
      host.tell(checkText(found));
      return found.passes && found.controlFails ? exitCodes.done : exitCodes.failed;
    });
  },
};

/** Slopes as a table, and what those outside their bands mean. */
function checkText({ axis, scales, slopes, passes, controlFails, task }: Check): string {
  const rows = slopes.map(({ rule, of, quantity, slope, band, inside }) => [
    ...[rule, of, quantity, slope === null ? 'none' : slope.toFixed(2)],
    band ? `${band[0]} to ${band[1]}` : '',
    inside === null ? '' : inside ? 'inside' : 'outside',
  ]);
  const outside = slopes.filter(({ inside, rule }) => inside === false && rule === slopes.at(-1)!.rule);
  const control =
    task === 'gradients'
      ? ''
      : `The control ${controlFails ? 'fails, as it must' : 'passes: the check is too easy to tell anything'}.\n`;
  return [
    `slopes over ${axis} ${scales.join(', ')}`,
    table([['rule', 'of', 'quantity', 'slope', 'band', ''], ...rows]),
    ...outside.map(({ sentence }) => sentence),
    `${passes ? 'The rule is inside every band.' : 'The rule leaves its bands.'} ${control}`,
  ].join('\n');
}
