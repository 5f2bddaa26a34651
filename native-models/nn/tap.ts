/** @file Places in a network that can be read and steered: while a graph is traced, whoever listens hears of each by its role. */
import type { Tensor } from '../ir/tensor';

/**
 * What a value is in a network of images or points, by where it lies and not by its name in one architecture. Norms:
 * `norm_conv_in`, `norm_conv_mid` of a residual convolution block, `norm_attn_in`, `norm_mlp_in` of a transformer's (as its
 * branch reads them, scaled and shifted by the condition), `norm_final` before the output. `resid_post` is what leaves a
 * block, `mlp_act` a hidden layer of a perceptron after its nonlinearity.
 */
export const networkRoles = [
  'norm_conv_in',
  'norm_conv_mid',
  'norm_attn_in',
  'norm_mlp_in',
  'mlp_act',
  'resid_post',
  'norm_final',
] as const;
export type NetworkRole = (typeof networkRoles)[number];

/**
 * Hears of a value when it is made: in the order of computation, each role once a block. `block` is the block's name, `2` or
 * `down1.block1`, null outside the blocks. Units are the last axis of [rows, units] and [rows, tokens, units], and the
 * channels of [rows, channels, height, width].
 */
export type Tap = (role: NetworkRole, block: string | null, value: Tensor) => void;
