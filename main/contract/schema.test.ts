/** @file Settings that are lists: what a person may write, what comes out, and the command line that says it again. */
import { describe, expect, it } from 'vitest';
import { splitPairs } from '../cli/arguments';
import { commandOf } from '../runs/command';
import { numbersIn, object, section, type Json } from './schema';

const [test] = section('Test');
const schema = object({
  targets: test('Targets: What is predicted.').columns(['last:2']),
  scores: test('Scores: What is measured.').choices(['l2'], {
    l2: 'L2: A ball.',
    box: 'Box: A box.',
    otcp: 'OTCP: Any shape.',
  }),
});

/** The pairs of a command line such as `commandOf` makes, read back. */
function readBack(config: Record<string, Json>): unknown {
  const command = commandOf(
    {
      method: 'conformal',
      declared: {},
      inputs: [],
      config,
      given: [],
      fields: schema.describe(),
      seed: 0,
    },
    'win32',
  );
  const pairs = [...command.matchAll(/--set ("(?:[^"\\]|\\.)*"|\S+)/g)].map(([, word]) =>
    word!.startsWith('"') ? word!.slice(1, -1).replaceAll('\\"', '"') : word!,
  );
  return schema.parse(
    Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    ),
  );
}

describe('columns', () => {
  it('takes names from a list, or from text with commas between, in the order given', () => {
    expect(schema.parse({ targets: ['b', 'a', 'b'] }).targets).toEqual(['b', 'a']);
    expect(schema.parse({ targets: 'Y1, Y2' }).targets).toEqual(['Y1', 'Y2']);
    expect(schema.parse({}).targets).toEqual(['last:2']);
  });

  it('takes names that hold commas as a JSON list, and refuses what is no list of text', () => {
    expect(schema.parse({ targets: '["speed, max", "b"]' }).targets).toEqual(['speed, max', 'b']);
    for (const bad of ['["a"', [1, 2], 7, { a: 1 }])
      expect(() => schema.parse({ targets: bad })).toThrow(/out of range/);
  });
});

describe('choices', () => {
  it('takes several values in their listed order, and all of them at a word', () => {
    expect(schema.parse({ scores: 'otcp,l2' }).scores).toEqual(['l2', 'otcp']);
    expect(schema.parse({ scores: 'all' }).scores).toEqual(['l2', 'box', 'otcp']);
  });

  it('names what it does not know', () => {
    expect(() => schema.parse({ scores: 'l2,nothing' })).toThrow(/"nothing".*one or more of l2, box, otcp/s);
    expect(() => schema.parse({ scores: [] })).toThrow(/one or more/);
  });
});

describe('numbers', () => {
  const numbers = object({
    steps: test('Steps: How many.').integer(10, [1, 100]),
    rate: test('Rate: How fast.').real(0.1, [0, 1]),
  });
  it.each([
    [{ steps: 'abc' }, 'no whole number'],
    [{ steps: '1.5' }, 'no whole number'],
    [{ steps: 1.5 }, 'no whole number'],
    [{ steps: '0' }, 'out of range'],
    [{ steps: '101' }, 'out of range'],
    [{ rate: 'fast' }, 'no number'],
    [{ rate: '2' }, 'out of range'],
  ])('%o is %s', (given, what) => {
    expect(() => numbers.parse(given)).toThrow(`config-invalid: a setting is ${what}`);
  });
});

describe('the command line', () => {
  it('says lists so that they are read back as they were, leaving out the defaults', () => {
    for (const config of [
      { targets: ['Y1', 'Y2'], scores: ['l2', 'otcp'] },
      { targets: ['last:2'], scores: ['box'] },
      { targets: ['speed, max', '[odd]', 'a=b'], scores: ['l2'] },
    ])
      expect(readBack(config)).toEqual(config);
  });

  it('holds several settings in one word, which only a known name begins anew', () => {
    const names = ['targets', 'repeats', 'note'];
    expect(splitPairs('targets=last:2,repeats=20', names)).toEqual(['targets=last:2', 'repeats=20']);
    expect(splitPairs('targets=Y1,Y2,repeats=3', names)).toEqual(['targets=Y1,Y2', 'repeats=3']);
    expect(splitPairs('note=a,b=c', names)).toEqual(['note=a,b=c']);
    expect(splitPairs('lr=1', names)).toEqual(['lr=1']);
  });
});

describe('texts', () => {
  const [prompts] = section('Prompts');
  const config = object({ prompt: prompts('Prompt: What to go on from.').texts(['a, b'], 20, 3) });

  it('are taken as they are, one or a list, or a JSON list from the command line', () => {
    expect(config.parse({})).toEqual({ prompt: ['a, b'] });
    expect(config.parse({ prompt: 'one, two' })).toEqual({ prompt: ['one, two'] });
    expect(config.parse({ prompt: ['one', 'two'] })).toEqual({ prompt: ['one', 'two'] });
    expect(config.parse({ prompt: '["one","two"]' })).toEqual({ prompt: ['one', 'two'] });
    expect(config.parse({ prompt: '[not a list' })).toEqual({ prompt: ['[not a list'] });
  });

  it.each([{ prompt: ['a', 'b', 'c', 'd'] }, { prompt: ['x'.repeat(21)] }, { prompt: [1] }, { prompt: 3 }])(
    'refuse %j',
    (given) => expect(() => config.parse(given)).toThrow(expect.objectContaining({ code: 'config-invalid' })),
  );
});

describe('lists of numbers', () => {
  const strengths = object({ lambda: test('λ: Strengths.').numbers('0:1:0.25', [-10, 10], 50) });

  it.each([
    ['0:1:0.25', [0, 0.25, 0.5, 0.75, 1]],
    ['0:0.3:0.1', [0, 0.1, 0.2, 0.3]],
    ['1:0:-0.5', [0, 0.5, 1]],
    ['2, 0:1:0.5, 1', [0, 0.5, 1, 2]],
    ['-1', [-1]],
  ])('reads %s, ascending and each once', (text, numbers) => {
    expect(numbersIn(text)).toEqual(numbers);
    expect(strengths.parse({ lambda: text }).lambda).toBe(text);
  });

  it.each(['abc', '', '0:1', '0:1:0', '0:1:-1', '0:1:0.001', '0:11:1', '1,,2', '1e999', [1, 'a']])(
    'refuses %j',
    (lambda) => {
      expect(() => strengths.parse({ lambda })).toThrow(expect.objectContaining({ code: 'config-invalid' }));
    },
  );

  it('takes a list, also as JSON, and stands beside other settings in one word', () => {
    for (const given of [[0, 0.5, 1], '[0, 0.5, 1]'])
      expect(numbersIn(strengths.parse({ lambda: given }).lambda)).toEqual([0, 0.5, 1]);
    expect(splitPairs('lambda=0,0.5,scores=l2', ['lambda', 'scores'])).toEqual(['lambda=0,0.5', 'scores=l2']);
  });
});
