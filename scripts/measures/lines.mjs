/** @file Lines of the two first methods, wherever their code lies now, and of the smallest useful one. */
import { isTest } from './tree.mjs';

/**
 * What Flows and Conformal sets once held for themselves, and what was written in its place, where it now lies on a floor
 * that any method may use: folders, and files of folders that hold more.
 */
export const movedOut = [
  'main/calibration/',
  'main/compute/run-rows.ts',
  'main/experiments/paired.ts',
  'main/models/user-model.ts',
  'main/numerics/',
  'main/ode/',
  'main/tables/',
  'main/training/divergence.ts',
  'main/training/loop.ts',
  'main/training/parts.ts',
  'main/training/supervised.ts',
  'main/training/timetable.ts',
  'main/transport/rank/',
  'main/transport/semidiscrete/',
  'main/transport/sinkhorn/',
  'renderer/app/shapes.css',
  'renderer/panels/shell/CurveFigure.svelte',
  'renderer/panels/shell/Doing.svelte',
  'renderer/panels/shell/Shell.svelte',
  'renderer/panels/shell/live-curves.svelte.ts',
  'renderer/panels/shell/shell.svelte.ts',
  'renderer/parts/Scroll.svelte',
  'renderer/parts/Segments.svelte',
  'renderer/parts/Select.svelte',
  'renderer/parts/Table.svelte',
  'renderer/parts/Toggle.svelte',
  'renderer/parts/table.ts',
  'renderer/state/metrics.ts',
];

const methods = ['flows', 'conformal'].flatMap((id) => [`main/methods/${id}/`, `renderer/panels/${id}/`]);

/** Lines outside tests of engine, panel and what moved out of them; by folder or file. */
export function linesOfFirstMethods(tree) {
  return [...methods, ...movedOut].map((place) => ({ place, lines: linesBelow(tree, place) }));
}

/** Lines of the template of a new method without its tests; null where there is no template. */
export function linesOfTemplate(tree) {
  const template = 'scripts/method-template/';
  return tree.files.some((path) => path.startsWith(template)) ? linesBelow(tree, template) : null;
}

function linesBelow(tree, place) {
  return tree.files
    .filter((path) => path.startsWith(place) && !isTest(path))
    .reduce((sum, path) => sum + tree.lines(path), 0);
}
