/** @file Settings for the tests of this method. */
import { config, type ConformalConfig } from './config';

/** The settings of a run with some changed. */
export function settings(given: Partial<ConformalConfig> = {}): ConformalConfig {
  return config.parse(given);
}
