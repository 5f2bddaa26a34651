/** @file What steering costs: decoding with it beside decoding without. */
import type { BenchContext } from '../index';
import type { Row } from '../report';
import { benchSteeredDecoding } from './decode';

export function benchSteer({ repeats }: BenchContext): Promise<Row[]> {
  return benchSteeredDecoding(repeats);
}
