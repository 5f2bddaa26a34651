/** @file Every zoo model's training step gives the same bits over and over on two threads, at both sizes of the zoo. */
import { describe, it } from 'vitest';
import { adamw, initialState, trainingProgram, zooCases, type ZooCase } from '../../native-models';
import { channelBlock } from './channel-block';
import { repeatTraining } from '../training/testing/repeat';

const REPEATS = process.env.MONGE_TEST_FULL ? 50 : 5;
const cases = (['tiny', 'bench'] as const).flatMap((size) =>
  zooCases(size).map((zoo) => ({ size, name: zoo.name, zoo })),
);

/** A batch as one step of the program takes it; ids stay valid ids. */
function inputsOf(zoo: ZooCase): Record<string, ArrayLike<number>> {
  return Object.fromEntries(Object.entries(zoo.batch(0, 0)).map(([name, { data }]) => [name, data]));
}

describe.each(cases)('$name, $size', ({ zoo }) => {
  it(`trains the same bits ${REPEATS} times over on two threads`, async () => {
    const program = trainingProgram({
      name: zoo.name,
      parameters: zoo.module.parameters,
      optimiser: adamw(),
      stream: zoo.stream,
      loss: (parameters, batch) => zoo.loss(parameters, batch),
      chunk: 1,
      channelBlock: await channelBlock(),
    });
    const state = initialState(program, zoo.module.initialise(0));
    await repeatTraining({ program, state, inputs: inputsOf(zoo), repeats: REPEATS, threads: 2 });
  });
});
