/**
 * @file Sharpness E(P) of a coupling from its entropy, and the ε at which a wanted sharpness is met.
 *
 * E(P) = 2H(P)/(H(a) + H(b)) − 1 (LSC section 1.4): 0 for a permutation, 1 for independence. In the uniform square
 * case it is H(P)/log n − 1, the mean entropy of a row over log n. At a fixed ε it rises with n.
 */

interface Sharpness {
  /** E in [0, 1]. */
  value: number;
  /** E as the formula gives it; below 0 where P has not met its marginals. */
  raw: number;
}

/** Entropy −Σ p log p in nats of masses that need not sum to 1; zero for no mass at all. */
export function entropy(masses: Float64Array): number {
  let [total, weighted] = [0, 0];
  for (const mass of masses) {
    total += mass;
    if (mass > 0) weighted += mass * Math.log(mass);
  }
  return total > 0 ? Math.log(total) - weighted / total : 0;
}

/**
 * E of a coupling of so many `rows` and `columns` from the entropies in nats of its rows' distributions. With uniform
 * marginals some rows may stand for all: H(P) = log n + mean row entropy. Of one whose marginals gave way `masses` are its
 * own, [rows] and [columns] in any scale.
 */
export function sharpnessOfRows(
  entropies: Float64Array,
  masses: { rows: Float64Array; columns: Float64Array } | null,
  rows: number,
  columns: number,
): Sharpness {
  if (!masses) {
    const mean = entropies.reduce((sum, value) => sum + value, 0) / entropies.length;
    return renormalised(Math.log(rows) + mean, Math.log(rows), Math.log(columns));
  }
  let [total, weighted] = [0, 0];
  masses.rows.forEach((mass, i) => {
    total += mass;
    weighted += mass * entropies[i]!;
  });
  const own = entropy(masses.rows);
  return renormalised(own + (total > 0 ? weighted / total : 0), own, entropy(masses.columns));
}

function renormalised(joint: number, rows: number, columns: number): Sharpness {
  // One pair has nothing to choose: its entropy is 0 of 0, a permutation.
  const raw = rows + columns > 0 ? (2 * joint) / (rows + columns) - 1 : 0;
  return { value: Math.min(1, Math.max(0, raw)), raw };
}

/** How near a wanted E must be met. */
export const SHARPNESS_TOLERANCE = 0.01;
/**
 * The ε that are looked at, relative to the deviation of the cost. Below the smallest, scores in 32 bits no longer tell
 * neighbours apart.
 */
const SMALLEST_EPSILON = 1e-4;
const LARGEST_EPSILON = 100;
/** Neighbouring ε of the first descent differ by half a decade: a near start for Sinkhorn, and few of them. */
const STRIDE = Math.sqrt(10);

/** |E − E*| at which a search ends, and couplings solved at most. */
const TOLERANCE = SHARPNESS_TOLERANCE / 2;
const MOST_PROBES = 32;

export interface EpsilonFound {
  /** Relative to the deviation of the cost: the nearest that was looked at. */
  epsilon: number;
  /**
   * Why E* was not met: E at the smallest or largest ε is still too large or too small, or E jumps or ran out of probes; null
   * where it was.
   */
  limit: 'smallest' | 'largest' | 'probes' | null;
}

/**
 * The relative ε at which the coupling has sharpness `target`. `probe` solves at an ε and tells E (null when stopped);
 * E must not fall as ε grows. From the guess, such as the ε of the pool before, it walks half a decade at a time until E* is bracketed, so that no ε
 * much smaller than needed is ever solved, then closes in on log ε: by the secant, or by halving where
 * the secant stalls. Null when stopped; where E* is out of reach it is the nearest ε, and why.
 */
export async function epsilonFromSharpness(
  probe: (epsilon: number) => Promise<number | null>,
  target: number,
  guess = 1,
): Promise<EpsilonFound | null> {
  let probes = 0;
  let nearest: Point = { logEpsilon: 0, excess: Infinity };
  const look = async (logEpsilon: number): Promise<Point | null> => {
    const sharpness = await probe(Math.exp(logEpsilon));
    probes++;
    if (sharpness === null) return null;
    const point = { logEpsilon, excess: sharpness - target };
    if (Math.abs(point.excess) < Math.abs(nearest.excess)) nearest = point;
    return point;
  };
  const found = (limit: EpsilonFound['limit']): EpsilonFound => ({
    epsilon: Math.exp(nearest.logEpsilon),
    limit: Math.abs(nearest.excess) <= TOLERANCE ? null : limit,
  });

  const [lowest, highest] = [Math.log(SMALLEST_EPSILON), Math.log(LARGEST_EPSILON)];
  const start = Math.min(highest, Math.max(lowest, Math.log(guess)));
  let here = await look(start);
  if (!here) return null;
  const direction = here.excess > 0 ? -1 : 1;
  const end = direction < 0 ? lowest : highest;
  let bracket: [Point, Point] | null = null;
  while (!bracket) {
    if (Math.abs(here.excess) <= TOLERANCE) return found(null);
    if (here.logEpsilon === end) return found(direction < 0 ? 'smallest' : 'largest');
    if (probes >= MOST_PROBES) return found('probes');
    const ahead = here.logEpsilon + direction * Math.log(STRIDE);
    const next = await look(direction < 0 ? Math.max(end, ahead) : Math.min(end, ahead));
    if (!next) return null;
    if (next.excess * direction >= 0) bracket = direction < 0 ? [next, here] : [here, next];
    here = next;
  }
  return closeIn(bracket);

  async function closeIn([low, high]: [Point, Point]): Promise<EpsilonFound | null> {
    while (Math.abs(nearest.excess) > TOLERANCE) {
      const width = high.logEpsilon - low.logEpsilon;
      // A bracket this narrow around a jump of E holds no better answer.
      if (probes >= MOST_PROBES || width < 1e-4) return found('probes');
      const secant = -low.excess / (high.excess - low.excess);
      // Off the ends, so that both sides move and every third probe at least halves the bracket.
      const share = Math.min(0.9, Math.max(0.1, secant));
      const point = await look(low.logEpsilon + width * (probes % 3 === 0 ? 0.5 : share));
      if (!point) return null;
      if (point.excess < 0) low = point;
      else high = point;
    }
    return found(null);
  }
}

interface Point {
  logEpsilon: number;
  /** E − E*. */
  excess: number;
}
