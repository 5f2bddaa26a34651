/** @file One row per measurement, printed as an aligned table or as JSON. */

export interface Row {
  bench: string;
  case: string;
  unit: 'ms per step' | 's per half-iteration';
  ours: number;
  setting: string;
  peer: string | null;
  peerTime: number | null;
  peerSetting: string | null;
  /** Peer's time over ours: above 1 means Monge is faster. */
  ratio: number | null;
  /** A bound from an earlier measurement that this row is held against. */
  bound: { time: number; source: string } | null;
  remark: string;
}

export function formatRows(rows: readonly Row[]): string {
  const head = ['bench', 'case', 'Monge', 'setting', 'peer', 'peer time', 'ratio', 'bound', 'remark'];
  const body = rows.map((row) => [
    row.bench,
    row.case,
    `${number(row.ours)} ${row.unit}`,
    row.setting,
    row.peer === null ? '–' : `${row.peer} (${row.peerSetting})`,
    row.peerTime === null ? '–' : number(row.peerTime),
    row.ratio === null ? '–' : `${number(row.ratio)}×`,
    row.bound === null ? '–' : `≤ ${number(row.bound.time)}`,
    row.remark,
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((line) => line[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((w) => '─'.repeat(w))), ...body.map(line)].join('\n');
}

function number(value: number): string {
  return value.toPrecision(3);
}

/** Best of `repeats` timings of an asynchronous piece of work, in seconds; one unmeasured warm-up first. */
export async function bestSeconds(repeats: number, work: () => Promise<void>): Promise<number> {
  await work();
  let best = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await work();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}
