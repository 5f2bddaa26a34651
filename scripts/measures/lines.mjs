/** @file Lines of the two first methods, wherever their code lies now, and of the smallest useful one. */
import { isTest } from './tree.mjs';

/** What Flows and Conformal sets once held for themselves and what now lies on a floor that any method may use. */
export const movedOut = [
  'main/calibration/',
  'main/experiments/paired.ts',
  'main/numerics/cholesky.ts',
  'main/numerics/eigenvalues.ts',
  'main/numerics/frechet.ts',
  'main/numerics/intrinsic-dimension.ts',
  'main/numerics/kolmogorov-smirnov.ts',
  'main/numerics/leading-eigenvectors.ts',
  'main/numerics/neighbours.ts',
  'main/numerics/sliced-wasserstein.ts',
  'main/numerics/sobol.ts',
  'main/ode/',
  'main/tables/',
  'main/transport/rank/',
  'main/transport/semidiscrete/',
  'main/transport/sinkhorn/',
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
