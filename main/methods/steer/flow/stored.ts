/** @file What a run that steers a flow keeps beside its maps: the facts of its sweep, points, and the images behind them. */
import { encodeSafetensors } from '../../../../native-models';
import type { Arrays } from '../../../contract/define';
import type { ImageShape } from '../../../contract/data';
import type { SteerArm, SteerFlowSweep } from '../../../contract/steer';
import { decodeNamedArrays, matrix, vector } from '../../../disk/named-arrays';
import type { Judged } from './judge';

export const flowNames = {
  facts: 'flow-facts',
  point: (arm: SteerArm, lambda: number) => `flow-point.${arm}.${lambda}`,
  images: (arm: SteerArm, lambda: number) => `flow-images.${arm}.${lambda}`,
};

export const flowFiles = {
  judge: 'judge.safetensors',
  sheet: (arm: SteerArm) => (arm === 'fitted' ? 'steered.png' : 'random.png'),
};

/** All of a sweep but its points, and what its images are. */
export type FlowFacts = Omit<SteerFlowSweep, 'points'> & { image: ImageShape };

/** Generated images of all noises at one strength, and what the judge says of them. */
export interface KeptImages extends Omit<Judged, 'features'> {
  /** [noises, dimension], 0–255. */
  pixels: Uint8Array;
}

export function keptImages({ pixels, classes, confidence, distances }: KeptImages): Arrays {
  return {
    pixels: matrix(pixels, pixels.length / classes.length),
    ...{ classes: vector(classes), confidence: vector(confidence), distances: vector(distances) },
  };
}

export function storedImages(arrays: Arrays): KeptImages {
  return {
    pixels: arrays.pixels!.data as Uint8Array,
    classes: arrays.classes!.data as Int32Array,
    confidence: arrays.confidence!.data as Float64Array,
    distances: arrays.distances!.data as Float64Array,
  };
}

export function packedArrays(arrays: Arrays): Uint8Array {
  return encodeSafetensors(arrays, {});
}

export function unpackedArrays(bytes: Uint8Array, name: string): Arrays {
  return decodeNamedArrays(bytes, name);
}

/** Numbers of the noises, those whose unsteered image is of the class first. */
export function sourceFirst(classes: Int32Array, from: number): number[] {
  const all = [...classes.keys()];
  return [...all.filter((k) => classes[k] === from), ...all.filter((k) => classes[k] !== from)];
}

/** Images number `rows` of `size` pixels each. */
export function imagesAt(pixels: Uint8Array, rows: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(rows.length * size);
  rows.forEach((row, k) => out.set(pixels.subarray(row * size, (row + 1) * size), k * size));
  return out;
}
