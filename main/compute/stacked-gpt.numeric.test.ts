/** @file A stack of GPTs: the same bits beside any number of others, and rows cut out of a stack go on as if nothing was. */
import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import {
  adamw,
  initialState,
  stackedProgram,
  stream,
  type HostArray,
  type StackedProgram,
} from '../../native-models';
import { gptCase } from '../../native-models/zoo/language-cases';
import { HYPER } from '../../native-models/testing/toy-program';
import { feeds, numbers } from './testing/runtime-feeds';

const STEPS = 5;
const VOCABULARY = 11;
const zoo = gptCase({ vocabulary: VOCABULARY });

function stack(trials: number): StackedProgram {
  return stackedProgram({
    name: 'gpt',
    parameters: zoo.module.parameters,
    optimiser: adamw(),
    chunk: STEPS,
    trials,
    stream: zoo.stream,
    loss: (parameters, batch) => zoo.loss(parameters, batch),
  });
}

type Row = Record<string, number[]>;

function first(program: StackedProgram, trial: number): Row {
  const state = initialState(program.single, zoo.module.initialise(trial + 1));
  return Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, Array.from(data)]));
}

/** Goes on from every row by one run, each with a learning rate of its own. */
async function advance(rows: readonly Row[], rates: readonly number[]): Promise<Row[]> {
  const program = stack(rows.length);
  const given: Record<string, HostArray> = {
    learningRate: {
      data: Array.from({ length: STEPS }, () => rates).flat(),
      shape: [STEPS, rows.length],
    },
  };
  for (const [name, { shape }] of Object.entries(program.state))
    given[name] = { data: rows.flatMap((row) => row[name]!), shape: shape as number[] };
  for (const [name, { shape }] of Object.entries(program.hyper))
    given[name] = { data: rows.map(() => HYPER[name]!), shape: shape as number[] };
  for (const [name, type] of Object.entries(program.stream)) {
    const shape = type.shape as number[];
    const uniform = new Float32Array(shape.reduce((all, size) => all * size, 1));
    stream(5, name, 0).normal(uniform);
    given[name] = {
      data: Array.from(uniform, (value) => Math.floor(Math.abs(value) * 100) % VOCABULARY),
      shape,
    };
  }
  const types = { ...program.state, ...program.stream, ...program.schedule, ...program.hyper };
  const session = await ort.InferenceSession.create(program.model, { intraOpNumThreads: 1 });
  const results = await session.run(feeds(given, types));
  const next = rows.map((_, row) =>
    Object.fromEntries(
      Object.keys(program.state).map((name) => {
        const values = Array.from(numbers(results[`next.${name}`]!));
        const size = values.length / rows.length;
        return [name, values.slice(row * size, (row + 1) * size)];
      }),
    ),
  );
  await session.release();
  return next;
}

it('a GPT has the same bits alone and among four, and goes on in a smaller stack as in the larger one', async () => {
  const rates = [1e-3, 3e-3, 1e-2, 3e-2];
  const program = stack(1);
  const starts = rates.map((_, trial) => first(program, trial));
  const four = await advance(starts, rates);
  expect((await advance([starts[2]!], [rates[2]!]))[0]).toEqual(four[2]);
  const on = await advance(four, rates);
  expect(await advance([four[3]!, four[1]!], [rates[3]!, rates[1]!])).toEqual([on[3], on[1]]);
  expect((await advance([four[0]!], [rates[0]!]))[0]).toEqual(on[0]);
});
