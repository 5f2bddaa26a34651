/** @file All zoo models at one size: what the tests of parity, determinism, devices and export run through. */
import type { ZooCase } from './case';
import { velocityCase } from './velocity';

/** `tiny`: small enough for the double-precision interpreter; these are the sizes of the fixtures. */
export type ZooSize = 'tiny';

/** The cases of a size, in a fixed order. */
export function zooCases(size: ZooSize): ZooCase[] {
  switch (size) {
    case 'tiny':
      return [
        velocityCase({
          batchSize: 8,
          dimension: 2,
          hidden: 8,
          layers: 2,
          frequencies: 3,
          activation: 'silu',
        }),
      ];
  }
}
