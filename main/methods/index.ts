/** @file The registry: the only list of methods. A new one is a folder and a line here. */
import type { MethodDefinition } from '../contract/define';
import { capture } from './capture';
import { conformal } from './conformal';
import { flows } from './flows';
import { generate } from './generate';
import { probes } from './probes';
import { steer } from './steer';
import { tinyLm } from './tiny-lm';
import { transfer } from './transfer';

export const methods: readonly MethodDefinition[] = [
  flows,
  conformal,
  tinyLm,
  generate,
  capture,
  probes,
  steer,
  transfer,
];
