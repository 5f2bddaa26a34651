/** @file Model files that specs drop, made by our own code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toOnnx } from '../../native-models';
import { gptProgram } from '../../native-models/testing/gpt-program';

/** Writes the training program of a GPT of twelve layers, all of it inside one Loop, and returns its path. */
export function writeTrainingProgram(folder: string): string {
  const program = gptProgram({ layers: 12, width: 16, context: 8, batchSize: 2, chunk: 2 });
  const path = join(folder, 'gpt.onnx');
  writeFileSync(path, toOnnx(program.graph, { describe: true }));
  return path;
}
