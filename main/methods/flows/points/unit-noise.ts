/** @file Noise that is N(0, I) in the units of the data, for problems whose map is known for just that noise. */
import { noiseSource, type Source } from './source';
import { standardise, type Standardisation } from './standardise';

/** Standard normal in data units, given as every source in the model's; its draws are those of `noiseSource`. */
export function unitNoise(standardisation: Standardisation): Source {
  const dimension = standardisation.mean.length;
  const base = noiseSource(dimension);
  return {
    ...base,
    density: { mean: new Float64Array(dimension), deviation: new Float64Array(dimension).fill(1) },
    draw: (...key) => standardise(base.draw(...key), standardisation),
    drawPool: (...key) => standardise(base.drawPool(...key), standardisation),
  };
}
