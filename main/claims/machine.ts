/** @file The machine that experiments ran on, in words for the results page. */
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { ClaimRecord } from '../contract/claims';

/** Processor, memory and system as the operating system names them. */
export function describeMachine(threads: number): ClaimRecord['machine'] {
  return {
    processor: cpus()[0]?.model.trim() || 'unknown processor',
    cores: availableParallelism(),
    threads,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    system: `${type()} ${release()}`,
  };
}
