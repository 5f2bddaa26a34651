/** @file How fast a run is and how long the rest takes: by what its training knows of itself, else by its recent progress. */

/** A pause is expected to take as long as the mean of the last few: the first one also compiles. */
const RECENT_PAUSES = 4;

/** What a training knows of the work left: its steps, and the pauses between them, such as pairing a pool. */
export interface WorkLeft {
  stepsLeft: number;
  /** Infinity before the first step. */
  secondsPerStep: number;
  /** Pauses not over yet, the present one included. */
  pausesLeft: number;
  /** What each pause so far took. */
  pauseSeconds: readonly number[];
  /** Time spent in the present pause. */
  secondsInPause: number;
}

/**
 * Seconds to the last step; undefined while a part of it cannot be judged. Pauses may come in one half of the training
 * only, so the speed of the past would be wrong for the rest.
 */
export function secondsLeft(work: WorkLeft): number | undefined {
  const { stepsLeft, secondsPerStep, pausesLeft, pauseSeconds, secondsInPause } = work;
  const recent = pauseSeconds.filter(Number.isFinite).slice(-RECENT_PAUSES);
  const usual = recent.reduce((sum, seconds) => sum + seconds, 0) / recent.length;
  const pauses = pausesLeft === 0 ? 0 : pausesLeft * usual - Math.min(secondsInPause, usual);
  const seconds = pauses + stepsLeft * secondsPerStep;
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** Progress older than this no longer counts. */
const windowMilliseconds = 20_000;
/** A shorter look at the work tells nothing of its end. */
const shortestLook = 1000;
/** Marks of one stage closer than this are taken as one. */
const spacing = 100;
const mostMarks = 2000;
/** A new estimate takes the place of the shown one over this time, or a quarter of what is left where that is less. */
const settlingMilliseconds = 5000;

interface ProgressMark {
  stage: string;
  step: number;
  steps: number;
  /** What the method itself expects, where it knows more than its progress tells. */
  secondsLeft?: number;
  /** The same for the speed; null where a step is a stage or a share of the work, whose speed tells a person nothing. */
  stepsPerSecond?: number | null;
}

interface Speed {
  /** Recent speed of the stage that makes the steps, without what lies between. */
  stepsPerSecond: number | null;
  /** Null until there is something to judge by. */
  secondsLeft: number | null;
}

interface Mark {
  time: number;
  stage: string;
  step: number;
}

/**
 * Follows one run. The time left comes from all the time that recent steps took, pauses in other stages included: where
 * stages alternate, from whole cycles of them, so that there is one estimate and not one for each stage. It starts
 * anew when the total changes.
 */
export class SpeedMeter {
  private marks: Mark[] = [];
  private total = -1;
  /** When the work is expected to end, and when that was last thought over. */
  private finish: number | null = null;
  private judged = 0;

  /** Takes a progress mark at `time` (milliseconds from any origin) and tells what can be told. */
  mark(time: number, { stage, step, steps, secondsLeft, stepsPerSecond }: ProgressMark): Speed {
    const last = this.marks.at(-1);
    if (steps !== this.total || (last && step < last.step)) {
      this.marks = [];
      this.finish = null;
    }
    this.total = steps;
    this.add({ time, stage, step });
    this.judge(time, secondsLeft === undefined ? this.expected(steps) : 1000 * secondsLeft);
    // Past its expected end a run that goes on has no estimate.
    const told = this.finish !== null && (this.finish > time || step >= steps);
    const left = told ? Math.max(0, this.finish! - time) / 1000 : null;
    return {
      stepsPerSecond: stepsPerSecond === undefined ? this.speed() : stepsPerSecond,
      secondsLeft: left,
    };
  }

  private add(mark: Mark): void {
    const [before, last] = this.marks.slice(-2);
    const joins =
      before?.stage === mark.stage &&
      last?.stage === mark.stage &&
      (last.time - before.time < spacing || (before.step === mark.step && last.step === mark.step));
    if (joins) this.marks.pop();
    this.marks.push(mark);
    // However long the pauses are, the last whole cycle stays, and what the last steps took.
    const kept = this.cycles().at(-2) ?? this.moved();
    let old = 0;
    while (old < kept - 1 && this.marks[old + 1]!.time < mark.time - windowMilliseconds) old++;
    this.marks.splice(0, Math.max(old, this.marks.length - mostMarks));
  }

  /** Milliseconds from now that the remaining steps take at the pace of the window, pauses included; null without progress. */
  private expected(steps: number): number | null {
    const last = this.marks.at(-1)!;
    if (last.step >= steps) return 0;
    const cycles = this.cycles();
    if (cycles.length > 1) {
      const [from, to] = [this.marks[cycles[0]!]!, this.marks[cycles.at(-1)!]!];
      const took = to.time - from.time;
      const left = ((steps - to.step) * took) / (to.step - from.step) - (last.time - to.time);
      // Far longer than a cycle without a new one: the stages no longer alternate.
      if (last.time - to.time < (2 * took) / (cycles.length - 1)) return Math.max(0, left);
    }
    // The time before the stage that makes the steps, such as compiling, does not come again.
    const moved = this.moved();
    // In a first pause nobody knows how long it takes, nor how many come.
    if (moved < 0 || this.marks[moved]!.stage !== last.stage) return null;
    const first = this.marks[cycles.at(-1) ?? this.stageStart(moved)]!;
    const enough = last.time - first.time >= shortestLook && last.step > first.step;
    return enough ? ((steps - last.step) * (last.time - first.time)) / (last.step - first.step) : null;
  }

  /** The marks at which the stage that makes the steps was come back to from another. */
  private cycles(): number[] {
    const stage = this.marks[this.moved()]?.stage;
    return [...this.marks.keys()].filter(
      (k) => k > 0 && this.marks[k]!.stage === stage && this.marks[k - 1]!.stage !== stage,
    );
  }

  /** The last mark with a new step; -1 without one. */
  private moved(): number {
    return this.marks.findLastIndex((mark, k) => k > 0 && mark.step > this.marks[k - 1]!.step);
  }

  private stageStart(from: number): number {
    const before = this.marks.slice(0, from).findLastIndex(({ stage }) => stage !== this.marks[from]!.stage);
    return before + 1;
  }

  /** Moves the expected end towards a new estimate, the faster the nearer it is. */
  private judge(time: number, left: number | null): void {
    if (left === null) return;
    const settling = Math.min(settlingMilliseconds, left / 4);
    const weight = this.finish === null ? 1 : 1 - Math.exp(-(time - this.judged) / Math.max(1, settling));
    this.finish = left === 0 ? time : (1 - weight) * (this.finish ?? 0) + weight * (time + left);
    this.judged = time;
  }

  /** Speed over the marks of the stage that moved last; null until it has two marks. */
  private speed(): number | null {
    const stage = this.marks[this.moved()]?.stage;
    let [steps, milliseconds] = [0, 0];
    for (let k = 1; k < this.marks.length; k++) {
      const [from, to] = [this.marks[k - 1]!, this.marks[k]!];
      if (from.stage !== stage || to.stage !== stage) continue;
      steps += to.step - from.step;
      milliseconds += to.time - from.time;
    }
    return milliseconds > 0 && steps > 0 ? (1000 * steps) / milliseconds : null;
  }
}
