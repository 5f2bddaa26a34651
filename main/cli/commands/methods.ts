/** @file `monge methods`: what is built in, from the methods' own declarations. */
import { flag, word } from '../arguments';
import { scratchRunsFolder } from '../../disk/paths';
import type { FieldDescription, InputInfo, MethodInfo } from '../../contract/engine';
import { flagOf } from '../../contract/inputs';
import type { CommandLine } from '../command';
import { withEngine } from '../host';
import { table } from '../text';
import { methodNamed } from './run';

export const methods: CommandLine = {
  summary: 'List the methods, or one method’s inputs and settings',
  flags: {
    args: { method: word('a method, to see its settings', false), json: flag('JSON on standard output') },
  },
  async run(parsed, host) {
    const runsFolder = scratchRunsFolder(host.environment);
    const all = await withEngine(host, { runsFolder, transport: 'port' }, (engine) => engine.methods());
    const id = parsed.words[0];
    const shown = id === undefined ? all : [methodNamed(all, id)];
    if (parsed.flag('json')) host.print(JSON.stringify(id === undefined ? shown : shown[0]));
    else if (id === undefined)
      host.print(table([['METHOD', 'SUMMARY'], ...all.map((method) => [method.id, method.summary])]));
    else for (const method of shown) host.print(describeMethod(method));
    return 0;
  },
};

function describeMethod(method: MethodInfo): string {
  const inputs = method.inputs.map((input) => [
    `  --${flagOf[input.kind]} ${input.name}=${input.kind === 'run' ? 'RUN' : 'FILE'}`,
    need(input),
    `${input.title}. ${input.help}`,
  ]);
  const settings = method.fields.flatMap((field) => {
    const [first, ...more] = broken(range(field));
    return [
      [`  ${field.key}`, first, JSON.stringify(field.default), field.help],
      ...more.map((line) => ['', line]),
    ];
  });
  return [
    `${method.title} (${method.cite})`,
    method.summary,
    '',
    'INPUTS',
    table(inputs),
    '',
    'SETTINGS (--set key=value)',
    table([['  KEY', 'VALUES', 'DEFAULT', 'MEANING'], ...settings]),
  ].join('\n');
}

/** A list of choices over several lines, so that a long one does not push the other columns off the screen. */
function broken(text: string): [string, ...string[]] {
  const [first = '', ...more] = text.match(/.{1,50}(?:[ ,|]|$)|.+/g) ?? [];
  return [first, ...more];
}

/** `needed when base=onnx`. */
function need({ optional, onlyWhen }: InputInfo): string {
  const always = optional ? 'optional' : 'needed';
  if (!onlyWhen) return always;
  const values = onlyWhen.values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return `${always} when ${onlyWhen.key}=${values.join('|')}`;
}

function range(field: FieldDescription): string {
  const unit = field.unit ? ` ${field.unit}` : '';
  switch (field.kind) {
    case 'choice':
      return (field.choices ?? []).map((choice) => choice.value).join('|');
    case 'choices':
      return `all, or some of ${(field.choices ?? []).map((choice) => choice.value).join(',')}`;
    case 'columns':
      return 'names of columns';
    case 'boolean':
      return 'true|false';
    case 'text':
      return 'text';
    case 'texts':
      return 'text, or a JSON list of texts';
    case 'integer':
    case 'real':
      return `${field.minimum}…${field.maximum}${unit}`;
  }
}
