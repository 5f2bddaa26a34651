/** @file Logits as probabilities, in double precision: the likeliest tokens, entropy and divergence in nats. */
import { logSumExp } from '../sampling';

/** The ids of the `count` largest logits, largest first; of equal ones the smaller id comes first. */
export function largest(logits: ArrayLike<number>, count: number): number[] {
  const best: number[] = [];
  for (let id = 0; id < logits.length; id += 1) {
    const value = logits[id]!;
    if (best.length === count && !(value > logits[best.at(-1)!]!)) continue;
    let at = best.length;
    while (at > 0 && value > logits[best[at - 1]!]!) at -= 1;
    best.splice(at, 0, id);
    if (best.length > count) best.pop();
  }
  return best;
}

/** −Σ p log p of softmax(logits), nats. */
export function entropyOf(logits: ArrayLike<number>, normaliser = logSumExp(logits)): number {
  let entropy = 0;
  for (let k = 0; k < logits.length; k += 1) {
    const log = logits[k]! - normaliser;
    if (log > -700) entropy -= Math.exp(log) * log;
  }
  return entropy;
}

/** KL(p ‖ q) of two rows of logits, nats, at least 0. */
export function divergenceOf(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [a, b] = [logSumExp(p), logSumExp(q)];
  let divergence = 0;
  for (let k = 0; k < p.length; k += 1) {
    const log = p[k]! - a;
    if (log > -700) divergence += Math.exp(log) * (log - (q[k]! - b));
  }
  return Math.max(0, divergence);
}
