/** @file What a study tells of a size that was not tried, as text: optima, how they move, and the prediction. */
import type { RatePredicted } from '../contract/study';
import { numberText, table } from './text';

/** A table of the sizes, then one or two sentences. */
export function predictText({
  axis,
  rate,
  at,
  optima,
  moves,
  prediction,
  why,
  try: more,
}: RatePredicted): string {
  const between = (ends: [number, number] | null) =>
    ends ? `${numberText(ends[0])} … ${numberText(ends[1])}` : '';
  const maybe = (value: number | null, digits = 2) => (value === null ? '' : value.toFixed(digits));
  const rows = optima.map(({ scale, rate: best, interval, loss, drift, regret, why: none }) => [
    numberText(scale),
    best === null ? (none ?? '') : numberText(best),
    between(interval),
    loss === null ? '' : numberText(loss),
    ...[maybe(drift), maybe(regret, 4)],
  ]);
  const lines = [table([[axis, `best ${rate}`, '90 %', 'objective', 'drift, octaves', 'regret'], ...rows])];
  if (moves) {
    const { slope, interval } = moves;
    const ends = interval ? ` [${interval[0].toFixed(2)}, ${interval[1].toFixed(2)}]` : '';
    lines.push(`The best ${rate} moves by ${slope.toFixed(2)}${ends} octaves a doubling of ${axis}.`);
  }
  if (prediction) {
    const { octavesBeyond, lineSeen } = prediction;
    const caution = [
      octavesBeyond > 0 ? `${octavesBeyond.toFixed(1)} octaves beyond what was tried` : '',
      lineSeen ? '' : 'from two sizes, so that the interval is too narrow',
    ].filter((one) => one !== '');
    lines.push(
      `At ${axis} ${numberText(at)}: ${rate} ${numberText(prediction.rate)} [${between(prediction.interval)}, 90 %], objective ${numberText(prediction.value)} [${between(prediction.valueInterval)}]${caution.length > 0 ? ` (${caution.join('; ')})` : ''}. Not checked: one run there would.`,
    );
  } else {
    lines.push(`No prediction: ${why}.`);
    for (const { scale, rate: next } of more)
      lines.push(`  try ${rate} ${numberText(next)} at ${axis} ${numberText(scale)}`);
  }
  return lines.join('\n');
}
