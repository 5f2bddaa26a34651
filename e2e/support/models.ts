/** @file Model files that specs drop, made by our own code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toOnnx } from '../../native-models';
import { transformerProgram } from '../../native-models/testing/transformer-stack';

/** Writes a training program of twelve transformer blocks, all of it inside one Loop, and returns its path. */
export function writeTrainingProgram(folder: string): string {
  const program = transformerProgram({ blocks: 12, width: 16, tokens: 8, batch: 2, chunk: 2 });
  const path = join(folder, 'transformer.onnx');
  writeFileSync(path, toOnnx(program.graph, { describe: true }));
  return path;
}
