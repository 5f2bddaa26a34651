/** @file Progress of a run for a person: one line that updates on a terminal, a sparse log elsewhere. */
import type { RunRecord } from '../contract/engine';
import type { CliHost } from './host';

/** Follows one run's records; call `end` before anything else is written. */
export class ProgressLine {
  readonly #host: CliHost;
  #open = false;
  #lastShare = -1;
  #lastStage = '';
  #notices = 0;

  constructor(host: CliHost) {
    this.#host = host;
  }

  show(record: RunRecord): void {
    for (const notice of record.notices.slice(this.#notices)) {
      this.end();
      this.#host.tell(`note: ${notice}\n`);
    }
    this.#notices = record.notices.length;
    if (record.status !== 'running' && record.status !== 'stopping') return;
    if (this.#host.terminal) {
      this.#host.tell(`\r\u001b[2K${progressText(record)}`);
      this.#open = true;
      return;
    }
    // Logs of batch jobs are read afterwards: a line for every new stage and every tenth of the way.
    const { stage, step, steps } = record.progress;
    const share = steps > 0 ? Math.floor((10 * step) / steps) : 0;
    if (stage === this.#lastStage && share <= this.#lastShare) return;
    this.#lastStage = stage;
    this.#lastShare = share;
    this.#host.tell(`${progressText(record)}\n`);
  }

  end(): void {
    if (this.#open) this.#host.tell('\n');
    this.#open = false;
  }
}

/** `train 1,200 / 5,000 (24%) · 310 steps/s · 12 s left`. */
export function progressText(record: RunRecord): string {
  const { stage, step, steps, secondsLeft, stepsPerSecond } = record.progress;
  const count = (n: number) => n.toLocaleString('en-US');
  const parts = [stage || record.status];
  if (steps > 0) parts[0] += ` ${count(step)} / ${count(steps)} (${Math.floor((100 * step) / steps)}%)`;
  if (stepsPerSecond !== null) parts.push(`${count(Number(stepsPerSecond.toPrecision(3)))} steps/s`);
  if (secondsLeft !== null) parts.push(`${duration(secondsLeft)} left`);
  if (record.status === 'stopping') parts.push('stopping');
  return parts.join(' · ');
}

/** Seconds as `12 s`, `3 min 20 s` or `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
