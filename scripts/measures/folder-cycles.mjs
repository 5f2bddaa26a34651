/** @file Folders that import each other in a circle at run time; a tree's folders are those directly below its root. */
import { importsOf } from './tree.mjs';

/**
 * The folders of `tree` that lie on a cycle, with one import for each arrow between them. Files at the root stand for
 * themselves.
 * @returns {{ folders: string[], arrows: string[] }}
 */
export function folderCycles(tree, root) {
  const arrows = arrowsBetween(tree, root);
  const names = [...new Set([...arrows.keys(), ...[...arrows.values()].flatMap((to) => [...to.keys()])])];
  const reach = new Map(names.map((name) => [name, reachable(arrows, name)]));
  const onCycle = names.filter((name) => reach.get(name).has(name));
  const circular = (from, to) => reach.get(to).has(from);
  return {
    folders: onCycle.sort(),
    arrows: onCycle.flatMap((from) =>
      [...arrows.get(from)].filter(([to]) => circular(from, to)).map(([, example]) => example),
    ),
  };
}

function arrowsBetween(tree, root) {
  const arrows = new Map();
  for (const path of tree.code(root))
    for (const { to, runTime } of importsOf(tree, path)) {
      const [from, target] = [folderOf(path), folderOf(to)];
      if (!runTime || !to.startsWith(`${root}/`) || from === target) continue;
      if (!arrows.has(from)) arrows.set(from, new Map());
      if (!arrows.get(from).has(target)) arrows.get(from).set(target, `${path} -> ${to}`);
    }
  return arrows;
}

function folderOf(path) {
  return path.split('/').slice(0, 2).join('/');
}

/** What can be reached from `start` over one arrow or more. */
function reachable(arrows, start) {
  const seen = new Set();
  const waiting = [start];
  while (waiting.length > 0)
    for (const next of arrows.get(waiting.pop())?.keys() ?? [])
      if (!seen.has(next)) {
        seen.add(next);
        waiting.push(next);
      }
  return seen;
}
