/** @file One row per measurement, printed as an aligned table or as JSON. */

/** Ours and the peer's figure; null where there is none. */
export interface Pair {
  ours: number;
  peer: number | null;
}

export interface Row {
  bench: string;
  case: string;
  unit: 'ms per step' | 's per iteration' | 's of CPU time' | 's to fit' | 'ms a token' | 's' | 'MB';
  ours: number;
  setting: string;
  peer: string | null;
  peerTime: number | null;
  peerSetting: string | null;
  /** Peer's time over ours: above 1 means Monge is faster. */
  ratio: number | null;
  /** The ratio to reach. */
  goal?: number;
  /** A bound from an earlier measurement that this row is held against. */
  bound: { time: number; source: string } | null;
  /** Peak memory of the whole process, megabytes. */
  memory?: Pair;
  /** From the start of the process to the end of the first training step, seconds. */
  firstStep?: Pair;
  /** Until the answer is as good as asked for, seconds; the peer's null also where it would take too long. */
  toTolerance?: Pair;
  remark: string;
}

/** The part of a row that is about the peer's best setting. */
export function besideBest(
  ours: number,
  best: { peer: string; time: number; setting: string } | null,
): Pick<Row, 'ours' | 'peer' | 'peerTime' | 'peerSetting' | 'ratio'> {
  if (!best) return { ours, peer: null, peerTime: null, peerSetting: null, ratio: null };
  return { ours, peer: best.peer, peerTime: best.time, peerSetting: best.setting, ratio: best.time / ours };
}

const COLUMNS: { title: string; cell: (row: Row) => string }[] = [
  { title: 'bench', cell: (row) => row.bench },
  { title: 'case', cell: (row) => row.case },
  { title: 'Monge', cell: (row) => `${number(row.ours)} ${row.unit}` },
  { title: 'setting', cell: (row) => row.setting },
  { title: 'peer', cell: (row) => (row.peer === null ? '–' : `${row.peer} (${row.peerSetting})`) },
  { title: 'peer time', cell: (row) => (row.peerTime === null ? '–' : number(row.peerTime)) },
  { title: 'ratio', cell: (row) => (row.ratio === null ? '–' : `${number(row.ratio)}×`) },
  { title: 'goal', cell: (row) => (row.goal === undefined ? '–' : `≥ ${row.goal}×`) },
  { title: 'bound', cell: (row) => (row.bound === null ? '–' : `≤ ${number(row.bound.time)}`) },
  { title: 'peak MB', cell: (row) => pair(row.memory) },
  { title: 'first step s', cell: (row) => pair(row.firstStep) },
  { title: 'solved s', cell: (row) => pair(row.toTolerance) },
  { title: 'remark', cell: (row) => row.remark },
];

/** Columns in which no row has anything are left out. */
export function formatRows(rows: readonly Row[]): string {
  const shown = COLUMNS.filter(({ cell }) => rows.some((row) => !['', '–'].includes(cell(row))));
  const body = rows.map((row) => shown.map(({ cell }) => cell(row)));
  const widths = shown.map(({ title }, i) => Math.max(title.length, ...body.map((line) => line[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [
    line(shown.map(({ title }) => title)),
    line(widths.map((w) => '─'.repeat(w))),
    ...body.map(line),
  ].join('\n');
}

function pair(figures: Pair | undefined): string {
  if (figures === undefined) return '–';
  return `${number(figures.ours)} : ${figures.peer === null ? '–' : number(figures.peer)}`;
}

function number(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
