/**
 * @file The text of a dozen programs as they are built today: a change of tracing, gradients, passes or layers shows
 * here as a difference to be read. `npx vitest run --project unit native-models/zoo/programs -u` accepts it.
 */
import { describe, expect, it } from 'vitest';
import { adamw, printGraph, trace, trainingProgram, verifyGraph, type Graph } from '..';
import { gptProgram } from '../testing/gpt-program';
import { zooCases } from './cases';

/** Small enough that their whole training step can be read. */
const WHOLE_STEP = ['velocity-mlp', 'mlp-classifier', 'support-net', 'key-net', 'gpt'];
/** Of these the forward pass alone. */
const FORWARD = ['u-net', 'llama', 'gpt-transfer', 'vit', 'aimv2', 'dit', 'tarflow'];

const zoo = (name: string) => zooCases('tiny').find((one) => one.name === name)!;

function expectText(graph: Graph, name: string) {
  verifyGraph(graph);
  return expect(printGraph(graph)).toMatchFileSnapshot(`programs/${name}.txt`);
}

describe('programs', () => {
  it.each(WHOLE_STEP)('%s: loss, gradient and optimiser', async (name) => {
    const one = zoo(name);
    const program = trainingProgram({
      name,
      parameters: one.module.parameters,
      optimiser: adamw(),
      stream: one.stream,
      loss: (parameters, batch) => one.loss(parameters, batch),
      chunk: 1,
    });
    await expectText(program.graph, name);
  });

  it.each(FORWARD)('%s: what is exported', async (name) => {
    const { module, inference } = zoo(name);
    const graph = trace(name, { ...module.parameters, ...inference.inputs }, (given) =>
      inference.build(given, given),
    );
    await expectText(graph, name);
  });

  it('the training of a GPT of twelve layers prints and verifies', () => {
    const { graph } = gptProgram({ layers: 12, width: 16, context: 8, batchSize: 2, chunk: 2 });
    verifyGraph(graph);
    const text = printGraph(graph);
    for (let layer = 0; layer < 12; layer++) expect(text).toContain(`// layers.${layer}/self_attn/Softmax`);
    expect(text.split('\n').length).toBeGreaterThan(1500);
  });
});
