/** @file All zoo models at one size: what the tests of parity, determinism, devices and export run through. */
import type { ZooCase } from './case';
import { headCase, type HeadKind } from './heads';
import { aimv2Case, aimv2ProbeCase, ditCase, TARFLOW_TINY, tarflowCase, vitCase } from './image-cases';
import { gptCase, llamaCase, transferCase } from './language-cases';
import { keyCase } from './key-net';
import { supportCase } from './support-net';
import { uNetCase } from './u-net';
import { velocityCase } from './velocity';

/**
 * `tiny`: small enough for the double-precision interpreter; these are the sizes of the fixtures. `bench`: the sizes
 * whose speed is measured beside PyTorch.
 */
export type ZooSize = 'tiny' | 'bench';

const tinyHeads: { head: HeadKind; dimension: number }[] = [
  { head: { kind: 'mean' }, dimension: 2 },
  { head: { kind: 'gaussian', covariance: 'full' }, dimension: 2 },
  { head: { kind: 'mixture', covariance: 'full', components: 3 }, dimension: 2 },
  { head: { kind: 'quantile', levels: [0.1, 0.5, 0.9] }, dimension: 2 },
  { head: { kind: 'classifier' }, dimension: 4 },
];

const plainUNet = { blocks: 1, conditioning: 'add', attention: false, classes: 0 } as const;

const tiny = (): ZooCase[] => [
  velocityCase({ batchSize: 8, dimension: 2, hidden: 8, layers: 2, frequencies: 3, activation: 'silu' }),
  ...tinyHeads.map(({ head, dimension }) =>
    headCase({ batchSize: 8, inputs: 3, hidden: 6, layers: 2, activation: 'silu', head, dimension }),
  ),
  supportCase('support-net', {
    ...{ batchSize: 8, dimension: 5, heads: 1, widths: [8, 8, 8], inject: 2 },
    ...{ rectifier: 'softplus', homogenisation: 'norm' },
  }),
  supportCase('support-net-router', {
    ...{ batchSize: 6, dimension: 4, heads: 3, widths: [8, 6], inject: true },
    ...{ rectifier: 'identity', homogenisation: 'none' },
  }),
  keyCase('key-net', {
    ...{ batchSize: 8, dimension: 5, heads: 2, widths: [8, 8, 8], inject: 2 },
    residual: false,
  }),
  uNetCase('u-net', {
    ...{ batchSize: 2, channels: 1, size: 8, widths: [4, 8], groups: 2, embedding: 8 },
    ...plainUNet,
  }),
  uNetCase('u-net-class', {
    ...{ batchSize: 2, channels: 2, size: 4, widths: [4, 4], groups: 4, embedding: 6 },
    ...{ blocks: 1, conditioning: 'film', attention: true, classes: 3 },
  }),
  gptCase(),
  llamaCase(),
  transferCase(),
  vitCase(),
  aimv2Case(),
  aimv2ProbeCase(),
  ditCase(),
  tarflowCase(),
];

const bench = (): ZooCase[] => [
  velocityCase({ batchSize: 256, dimension: 2, hidden: 64, layers: 3, frequencies: 4, activation: 'silu' }),
  uNetCase('u-net', {
    ...{ batchSize: 16, channels: 1, size: 28, widths: [32, 64, 128], groups: 8, embedding: 128 },
    ...plainUNet,
  }),
  gptCase({ batchSize: 16, vocabulary: 256, width: 128, layers: 4, heads: 4, context: 128 }),
  vitCase({
    ...{ batchSize: 32, height: 28, columns: 28, patch: 4, width: 128, hidden: 512 },
    ...{ layers: 4, heads: 4, classes: 10 },
  }),
  tarflowCase({ ...TARFLOW_TINY, batchSize: 128, expansion: 4, classes: 10 }),
];

/** The cases of a size, in a fixed order. */
export function zooCases(size: ZooSize): ZooCase[] {
  return { tiny, bench }[size]();
}
