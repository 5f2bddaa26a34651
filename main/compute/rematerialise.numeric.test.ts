/** @file Rematerialised parts on ONNX Runtime: the same bits from less memory. Peaks are those of processes of their own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import {
  add,
  affine,
  float32,
  gelu,
  reduceMean,
  rematerialise,
  sgd,
  square,
  trainingProgram,
  type Tensor,
  type TrainingProgram,
} from '../../native-models';

const WIDTH = 256;
const BATCH = 4096;
const BLOCKS = 16;

type Mark = (build: (...inputs: Tensor[]) => Tensor) => (...inputs: Tensor[]) => Tensor;

/** One step of a stack of residual blocks, each with two layers. */
function deepProgram(mark: Mark, form: 'loop' | 'straight'): TrainingProgram {
  const layers = Array.from(
    { length: BLOCKS },
    (_, block) => [`block${block}.in`, `block${block}.out`] as const,
  );
  return trainingProgram({
    name: 'deep',
    parameters: Object.fromEntries(
      layers.flat().flatMap((name) => [
        [`${name}.weight`, float32(WIDTH, WIDTH)],
        [`${name}.bias`, float32(WIDTH)],
      ]),
    ),
    optimiser: sgd(),
    chunk: 1,
    form,
    stream: { x: float32(BATCH, WIDTH) },
    loss(parameters, { x }) {
      const apply = (name: string, input: Tensor) =>
        affine(input, parameters[`${name}.weight`]!, parameters[`${name}.bias`]!);
      const end = layers.reduce(
        (state, [first, second]) =>
          mark((given) => add(given, apply(second, gelu(apply(first, given)))))(state),
        x!,
      );
      return reduceMean(square(end));
    },
  });
}

/** Runs a model once on small waves; prints the growth of its peak memory in MB, the loss, and a hash of all results. */
const SCRIPT = `
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
const [folder] = process.argv.slice(1);
const inputs = JSON.parse(readFileSync(folder + '/inputs.json', 'utf8'));
const session = await ort.InferenceSession.create(readFileSync(folder + '/model.onnx'), { intraOpNumThreads: 2, graphOptimizationLevel: 'extended' });
const feeds = {};
for (const [name, { shape }] of Object.entries(inputs)) {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let k = 0; k < data.length; k++) data[k] = Math.sin(k * 0.7 + name.length) * (name === 'x' ? 1 : 0.05);
  feeds[name] = new ort.Tensor('float32', data, shape);
}
const before = process.resourceUsage().maxRSS;
const results = await session.run(feeds);
const growth = (process.resourceUsage().maxRSS - before) / 1024;
const hash = createHash('sha256');
for (const name of Object.keys(results).sort()) hash.update(new Uint8Array(results[name].data.buffer, results[name].data.byteOffset, results[name].data.byteLength));
console.log(JSON.stringify({ growth, loss: results.loss.data[0], hash: hash.digest('hex') }));
`;

async function measure({ model, state, stream, schedule, hyper }: TrainingProgram) {
  const folder = await mkdtemp(join(tmpdir(), 'monge-peak-'));
  try {
    await writeFile(join(folder, 'model.onnx'), model);
    await writeFile(
      join(folder, 'inputs.json'),
      JSON.stringify({ ...state, ...stream, ...schedule, ...hyper }),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      SCRIPT,
      folder,
    ]);
    return JSON.parse(stdout) as { growth: number; loss: number; hash: string };
  } finally {
    await rm(folder, { recursive: true });
  }
}

it.each(['loop', 'straight'] as const)(
  'sixteen marked blocks need less than 0.6 of the memory; form %s',
  async (form) => {
    const plain = await measure(deepProgram((build) => build, form));
    const marked = await measure(deepProgram(rematerialise, form));
    expect(Number.isFinite(plain.loss)).toBe(true);
    expect(marked.hash).toBe(plain.hash);
    console.log(`${form}: ${marked.growth.toFixed(0)} MB instead of ${plain.growth.toFixed(0)}`);
    expect(marked.growth).toBeLessThan(0.6 * plain.growth);
  },
);
