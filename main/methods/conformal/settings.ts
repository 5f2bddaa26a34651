/** @file Settings that depend on the data: what 0 and `auto` stand for. */
import type { ConformalConfig } from './config';
import { ottSizes } from '../../transport/rank/reference';
import type { ScoreSettings } from './types';

/** The guides of the method's notes, sections 1.4, 1.5, 1.11 and 8; `paper` and `ott` set the map up as those codes do. */
export function scoreSettings(config: ConformalConfig, d: number, fitRows: number): ScoreSettings {
  const { preset } = config;
  const gridSize = config.gridSize || gridFor(preset, d);
  // As the paper and ott-jax lay out their reference.
  const { radii, originCopies } = ottSizes(gridSize);
  return {
    epsilon: config.epsilon || (preset !== 'monge' || d > 4 || fitRows < 100 ? 0.1 : 0.03),
    gridSize,
    ...(preset === 'monge' ? { radii: Math.min(16, gridSize), originCopies: 1 } : { radii, originCopies }),
    scaling: config.scaling === 'auto' ? (preset === 'monge' && d >= 6 ? 'whiten' : 'max') : config.scaling,
    tailGuard: preset === 'monge' && config.tailGuard,
    neighbours: config.neighbours || neighboursFor(fitRows),
    samples: config.samples,
  };
}

function gridFor(preset: ConformalConfig['preset'], d: number): number {
  if (preset === 'paper') return 32_768;
  if (preset === 'ott') return 8192;
  return d <= 3 ? 2048 : d <= 8 ? 4096 : 8192;
}

/** A tenth of the rows up to 1,500 of them, their square root beyond (arXiv 2501.18991’s code); 10 at least. */
function neighboursFor(rows: number): number {
  return Math.max(10, Math.round(rows <= 1500 ? rows / 10 : Math.sqrt(rows)));
}
