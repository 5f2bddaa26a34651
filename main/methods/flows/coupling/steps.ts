/** @file Couplings that supply pairs step by step: independent pairs, and the known map of a problem. */
import { stream } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import { copyRow } from './bank';
import type { PairSupply, PairData } from './coupling';

/** Every step draws its own source points and rows at random: plain flow matching. */
export function independentPairs({ target, training, source, labels }: PairData, seed: number): PairSupply {
  const { dimension } = source;
  return {
    fill(step, { x0, x1, label }) {
      const batch = x0.length / dimension;
      x0.set(source.draw(seed, 'flows.batch.source', step, batch));
      const random = stream(seed, 'flows.batch.target', step);
      const chosen = random.integers(new Int32Array(batch), training.length);
      for (let k = 0; k < batch; k++) {
        const row = training[chosen[k]!]!;
        copyRow(target, row, x1, k, dimension);
        if (label) label[k] = labels![row]!;
      }
    },
  };
}

/** Every step draws its own source points, each paired with its image: perfect supervision. Throws `known-map-missing`. */
export function mapPairs({ source, knownMap, labels }: PairData, seed: number): PairSupply {
  if (!knownMap || labels) throw knownMapMissing(knownMap !== undefined);
  return {
    fill(step, { x0, x1 }) {
      x0.set(source.draw(seed, 'flows.batch.source', step, x0.length / source.dimension));
      x1.set(knownMap(x0));
    },
  };
}

/** The error for a known map that is not there, or that has nothing to say of classes. */
export function knownMapMissing(withClasses = false): MongeError {
  return new MongeError({
    code: 'known-map-missing',
    what: withClasses
      ? 'the known map of a problem does not tell classes'
      : 'nothing tells where each noise point should go',
    where: { key: 'coupling' },
    got: 'coupling=map',
    help: withClasses
      ? 'set condition=none'
      : 'choose a problem with a known map, such as problem=piecewise-affine, or another coupling',
  });
}
