/** @file The record of the guard: which machines' numbers it holds, and how two fingerprints differ. */
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';

/** Vector instructions by which ONNX Runtime chooses its kernels: other ones round otherwise. */
const instructions = [
  ...['sse4_1', 'avx', 'fma', 'avx2', 'avx_vnni', 'avx512f', 'avx512bw', 'avx512dq', 'avx512vl'],
  ...['avx512_vnni', 'avx512_bf16', 'avx512_fp16', 'amx_tile', 'amx_int8', 'amx_bf16'],
  ...['asimd', 'asimddp', 'fphp', 'asimdhp', 'i8mm', 'bf16', 'sve', 'sve2', 'sme'],
];

/** Machines with the same name are expected to give the same bits. */
export function machineName() {
  const kind = `${platform()}-${arch()}`;
  const about = '/proc/cpuinfo';
  if (!existsSync(about)) return `${kind} ${cpus()[0]?.model ?? 'unknown'}`;
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(about, 'utf8'))?.[1].split(/\s+/));
  return [kind, ...instructions.filter((name) => flags.has(name))].join(' ');
}

/**
 * @param {Record<string, Record<string, unknown>>} expected @param {Record<string, Record<string, unknown>>} actual
 * @returns {string[]} one line for each value that is not the same, and for each that only one of them has
 */
export function differences(expected, actual) {
  return keysOf(expected, actual).flatMap((group) => {
    const [before, after] = [expected[group] ?? {}, actual[group] ?? {}];
    return keysOf(before, after)
      .filter((name) => !Object.is(before[name], after[name]))
      .map((name) => `${group} ${name}: ${say(before[name])} → ${say(after[name])}`);
  });
}

function keysOf(...records) {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

function say(value) {
  return value === undefined ? 'absent' : String(value);
}
