/** @file `monge inspect MODEL.onnx --run INPUTS.npz`: someone else's model run once on arrays from a file. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { elementTypeOf, encodeNpz, type StoredArray } from '../../native-models';
import { usage, type Parsed } from './arguments';
import { withForeign, type CliHost } from './host';
import { writeNewFiles } from './new-files';
import { numberText, table } from './text';

export interface OutputFacts {
  name: string;
  type: string;
  shape: readonly number[];
  /** Over the finite values; absent where there are none. */
  minimum?: number;
  maximum?: number;
  mean?: number;
  /** Values that are NaN or infinite. */
  nonFinite: number;
}

const devices = ['auto', 'cpu', 'webgpu'] as const;

/** Feeds the arrays by their names, prints what comes out, and writes it to `--out`. */
export async function runModel(path: string, parsed: Parsed, host: CliHost): Promise<number> {
  const device = devices.find((name) => name === (parsed.text('device') ?? 'auto'));
  if (!device)
    throw usage('there is no such device', '--device', parsed.text('device'), `one of ${devices.join(', ')}`);
  const threads = parsed.whole('threads', 1, 1024);
  const given = resolve(parsed.text('run')!);
  const asked = { path, inputs: given, device, threads: threads ?? availableParallelism() };
  const answer = await withForeign(host, (foreign) =>
    foreign.ask({ kind: 'run', ...asked }, undefined, { file: path }),
  );
  const { outputs, leftOut, device: used, notices } = answer;
  for (const notice of notices) host.tell(`note: ${notice}\n`);
  for (const { name, type } of leftOut) host.tell(`note: output ${name} is left out: ${type}\n`);
  const out = parsed.text('out');
  if (out !== undefined) await writeNewFiles([{ path: resolve(out), bytes: encodeNpz(outputs) }], 'out');
  const facts = Object.entries(outputs).map(([name, array]) => describeOutput(name, array));
  if (parsed.flag('json'))
    host.print(
      JSON.stringify({
        ...{ file: path, device: used, outputs: facts },
        ...(leftOut.length > 0 && { leftOut }),
        ...(out !== undefined && { out }),
      }),
    );
  else host.print(outputTable(facts));
  return 0;
}

function describeOutput(name: string, array: StoredArray): OutputFacts {
  let [minimum, maximum, sum, finite] = [Infinity, -Infinity, 0, 0];
  for (let i = 0; i < array.data.length; i += 1) {
    const value = Number(array.data[i]!);
    if (!Number.isFinite(value)) continue;
    finite += 1;
    sum += value;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  return {
    name,
    type: elementTypeOf(array),
    shape: array.shape,
    ...(finite > 0 && { minimum, maximum, mean: sum / finite }),
    nonFinite: array.data.length - finite,
  };
}

function outputTable(facts: readonly OutputFacts[]): string {
  const rows = facts.map(({ name, type, shape, minimum, maximum, mean, nonFinite }) => [
    name,
    type,
    `[${shape.join(', ')}]`,
    numberText(minimum),
    numberText(maximum),
    numberText(mean),
    String(nonFinite),
  ]);
  return table([['OUTPUT', 'TYPE', 'SHAPE', 'MINIMUM', 'MAXIMUM', 'MEAN', 'NON-FINITE'], ...rows]);
}
