/** @file The training of a GPT as one program: the large graph that tests of tools for graphs and the sample model need. */
import { adamw } from '../optim/optimiser';
import { trainingProgram, type TrainingProgram } from '../train/program';
import { gptCase, type LanguageCaseSizes } from '../zoo/language-cases';

/** `chunk` steps of AdamW on the next-token loss, all inside one Loop. */
export function gptProgram({
  chunk,
  ...sizes
}: Partial<LanguageCaseSizes> & { layers: number; chunk: number }): TrainingProgram {
  const zoo = gptCase(sizes);
  return trainingProgram({
    name: `gpt-${sizes.layers}`,
    parameters: zoo.module.parameters,
    optimiser: adamw(),
    stream: zoo.stream,
    loss: (parameters, batch) => zoo.loss(parameters, batch),
    chunk,
  });
}
