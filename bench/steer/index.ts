/** @file What steering costs: decoding with it beside decoding without, and fitting beside the model run again for every hook. */
import type { BenchContext } from '../index';
import type { Row } from '../report';
import { benchSteeredDecoding } from './decode';
import { benchSteeredFit } from './fit';

/** Both, or what was asked for alone. */
export async function benchSteer(context: BenchContext): Promise<Row[]> {
  const { decode, fit, repeats } = context;
  const both = decode === fit;
  return [
    ...(both || decode ? await benchSteeredDecoding(repeats) : []),
    ...(both || fit ? await benchSteeredFit(context) : []),
  ];
}
