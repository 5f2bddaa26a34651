/** @file A few steps of a network at one scale, looked into before the first and after each: sizes, changes and gradients. */
import { parametersOf, type TensorKind } from '../../../../native-models';
import type { Compute } from '../../../contract/compute';
import { openTraining } from '../../../training/loop';
import type { TransferConfig } from '../config';
import { networkOf, shapeOf } from '../network';
import { resolvedOf } from '../scaling';
import { fillStretches, type ByteText } from '../text';
import { trainingSpec } from '../training';
import { modules, openObserver, sizesOf, type ModuleName } from './observe';

export interface Measured {
  /** Root mean squares by module, at steps 0, 1, …; changes are from step 0. */
  sizes: Record<ModuleName, number[]>;
  changes: Record<ModuleName, number[]>;
  /** Of raw gradients by kind, at the steps that were asked for. */
  gradients: Partial<Record<TensorKind, number>>[];
}

/** The fixed batch is as large as a step's, and of a step that training never comes to. */
const ASIDE = 1_000_000;

/** Trains `steps` steps at a constant learning rate and looks inside at each. */
export async function measure(
  { compute, now }: { compute: Compute; now: () => number },
  text: ByteText,
  config: TransferConfig,
  { seed, steps, gradientsAt = [] }: { seed: number; steps: number; gradientsAt?: readonly number[] },
): Promise<Measured> {
  const shape = shapeOf(config, text.vocabulary);
  const network = networkOf(shape);
  const resolved = resolvedOf(config, shape, network);
  const { sequences, context } = shape;
  const [ids, targets] = [new Int32Array(sequences * context), new Int32Array(sequences * context)];
  fillStretches(text.training, context, { seed: 0, step: ASIDE }, ids, targets);
  const observer = await openObserver(compute, network, resolved, { ids, targets, sequences });
  const spec = trainingSpec({ config, shape, network, resolved, text, seed });
  const training = openTraining({ compute, now }, { ...spec, learningRate: () => 1 });
  try {
    const of = () => Object.fromEntries(modules.map((name) => [name, [] as number[]]));
    const [sizes, changes] = [of(), of()] as [Measured['sizes'], Measured['changes']];
    const gradients: Measured['gradients'] = [];
    let start: Awaited<ReturnType<typeof observer.activations>> | null = null;
    for (let step = 0; step <= steps; step++) {
      const weights = parametersOf(training.program, await training.state(), 'current');
      const inside = await observer.activations(weights);
      start ??= inside;
      for (const name of modules) {
        const { size, change } = sizesOf(inside[name], start[name]);
        sizes[name].push(size);
        changes[name].push(change);
      }
      if (gradientsAt.includes(step)) gradients.push(await observer.gradients(weights));
      if (step < steps) await training.advance(step, step + 1);
    }
    return { sizes, changes, gradients };
  } finally {
    await training.close();
    await observer.close();
  }
}
