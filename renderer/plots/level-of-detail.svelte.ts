/** @file Fewer points while the view moves, on machines that cannot draw all of them in time. */

/** Every how many-th point is drawn; odd, so that rows that take turns are all seen. */
const strides = [1, 3, 7, 13, 29] as const;
/** A frame that takes longer than this is felt. */
const slow = 40;
const fast = 18;
const quietFrames = 40;
/** How long after the last movement everything is drawn again, in milliseconds. */
const rest = 200;

export class LevelOfDetail {
  moving = $state(false);
  #level = $state(0);
  #quick = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** 1 at rest; while moving, as many as the machine needs. */
  get every(): number {
    return this.moving ? strides[this.#level]! : 1;
  }

  /** The view moved. */
  move(): void {
    this.moving = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.moving = false), rest);
  }

  /** The frame after a drawing came `milliseconds` later. */
  took(milliseconds: number): void {
    if (!this.moving) return;
    this.#quick = milliseconds < fast ? this.#quick + 1 : 0;
    if (milliseconds > slow && this.#level < strides.length - 1) this.#level += 1;
    else if (this.#quick > quietFrames && this.#level > 0) {
      this.#level -= 1;
      this.#quick = 0;
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

/** Every k-th of [n, size] values. */
export function everyNth<A extends Float32Array | Int32Array>(values: A, size: number, every: number): A {
  const count = Math.ceil(values.length / size / every);
  const kept = values.slice(0, count * size) as A;
  for (let i = 0; i < count; i++)
    for (let k = 0; k < size; k++) kept[i * size + k] = values[i * every * size + k]!;
  return kept;
}
