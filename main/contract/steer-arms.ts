/** @file What a sweep of the method Steer compares. */

/** The fitted maps, and random ones of the same norm as their control. */
export const steerArms = ['fitted', 'random'] as const;
export type SteerArm = (typeof steerArms)[number];
