/** @file How far the paths of a flow are from straight segments. */
import { solveFixed, type Velocity } from '../../../ode/fixed';

/** Steps of the reference integration (LSC, section 4). */
const CURVATURE_STEPS = 50;

/** κ of the paths that start at `start` [n, dimension], with Euler steps. */
export async function curvature(
  velocity: Velocity,
  start: Float32Array,
  dimension: number,
  steps = CURVATURE_STEPS,
) {
  const velocities: Float32Array[] = [];
  const recorded: Velocity = async (time, points) => {
    const value = await velocity(time, points);
    velocities.push(value);
    return value;
  };
  const { points: end } = await solveFixed(recorded, start, 'euler', steps);
  const count = start.length / dimension;
  const perPath = new Float32Array(count);
  const profile = new Float32Array(steps);
  let kinetic = 0;
  let displacement = 0;
  for (let step = 0; step < steps; step++) {
    const value = velocities[step]!;
    let sum = 0;
    for (let path = 0, k = 0; path < count; path++) {
      let deviation = 0;
      for (let column = 0; column < dimension; column++, k++) {
        kinetic += value[k]! ** 2;
        deviation += (value[k]! - (end[k]! - start[k]!)) ** 2;
      }
      perPath[path]! += deviation / steps;
      sum += deviation;
    }
    profile[step] = sum / count;
  }
  for (let k = 0; k < start.length; k++) displacement += (end[k]! - start[k]!) ** 2;
  return {
    /** κ: mean over paths, squared units of the points. */
    mean: profile.reduce((total, value) => total + value, 0) / steps,
    /** [n] ∫‖v(t,x_t) − (x₁−x₀)‖² dt of each path, summed over coordinates. */
    perPath,
    /** [steps] left ends of the Euler steps. */
    times: Float32Array.from({ length: steps }, (_, step) => step / steps),
    /** [steps] mean over paths of the integrand. */
    profile,
    /** ∫E‖v‖² dt − E‖x₁−x₀‖², which equals κ: kinetic energy minus squared displacement. */
    kineticGap: (kinetic / steps - displacement) / count,
    /** [n, dimension] end points, a by-product. */
    end,
  };
}
