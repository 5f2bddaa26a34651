/** @file The rows of a repeat: dealt out and standardised, the same again whenever they are asked for. */
import type { ConformalConfig } from '../config';
import { encodeSplit, type Encoding } from '../../../tables/encode';
import type { PreparedTable } from '../../../tables/prepared';
import { splitRows } from '../../../tables/split';
import type { Split } from '../../../tables/rows';
import type { TableShape } from '../types';

/** The rows of a repeat, standardised by its own training rows. */
export function dealRows(
  table: PreparedTable,
  config: ConformalConfig,
  seed: number,
  repeat: number,
): { split: Split; encoding: Encoding; shape: TableShape } {
  const rows = splitRows(table.rows, config, seed, repeat);
  const { split, encoding } = encodeSplit(table, rows);
  const shape: TableShape = { d: table.targets.length, features: table.names.length };
  return { split, encoding, shape };
}

/** A seed of its own for each repeat. */
export function seedOf(seed: number, repeat: number): number {
  return (seed + repeat * 1_000_003) % Number.MAX_SAFE_INTEGER;
}
