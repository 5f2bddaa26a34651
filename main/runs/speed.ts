/** @file Steps per second and time left, from recent progress only: a warm-up or a pause does not bend them for long. */

const windowMilliseconds = 15_000;

export class SpeedMeter {
  private marks: { time: number; step: number }[] = [];
  private stage = '';

  /** Takes a progress mark at `time` (milliseconds) and tells what can be told; null until there are two marks. */
  mark(
    time: number,
    stage: string,
    step: number,
    steps: number,
  ): { stepsPerSecond: number | null; secondsLeft: number | null } {
    const last = this.marks.at(-1);
    if (stage !== this.stage || (last && step < last.step)) this.marks = [];
    this.stage = stage;
    this.marks.push({ time, step });
    while (this.marks.length > 2 && this.marks[0]!.time < time - windowMilliseconds) this.marks.shift();
    const first = this.marks[0]!;
    const seconds = (time - first.time) / 1000;
    if (seconds <= 0 || step <= first.step) return { stepsPerSecond: null, secondsLeft: null };
    const stepsPerSecond = (step - first.step) / seconds;
    return { stepsPerSecond, secondsLeft: Math.max(0, steps - step) / stepsPerSecond };
  }
}
