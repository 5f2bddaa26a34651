/** @file A checkpoint of the same shape whose every weight is drawn anew: what a model's structure alone brings about. */
import { stream, type WeightSource } from '../../native-models';

/**
 * Weights from normal distributions with the mean and the deviation of each tensor, so that activations keep about their size;
 * the same for the same seed and tensor. They are of single precision whatever the checkpoint's are.
 */
export function randomWeights(source: WeightSource, seed: number): WeightSource {
  const float32 = async (name: string) => {
    const values = await source.float32(name);
    const count = Math.max(1, values.length);
    let [mean, square] = [0, 0];
    for (const value of values) mean += value / count;
    for (const value of values) square += (value - mean) ** 2 / count;
    const deviation = Math.sqrt(square);
    const drawn = stream(seed, `random-weights.${name}`).normal(new Float32Array(values.length));
    for (let k = 0; k < drawn.length; k++) drawn[k] = mean + deviation * drawn[k]!;
    return drawn;
  };
  return {
    names: source.names,
    has: (name) => source.has(name),
    shape: (name) => source.shape(name),
    type: (name) => {
      source.type(name);
      return 'F32';
    },
    float32,
    bytes: async (name) => new Uint8Array((await float32(name)).buffer),
  };
}
