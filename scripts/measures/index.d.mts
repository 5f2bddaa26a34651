/** @file Types of the measures, for their tests. */
export class Tree {
  constructor(root: string);
  readonly files: readonly string[];
}
export function castsOfAnswers(tree: Tree): string[];
export function filesPerQuery(tree: Tree): { query: string; files: string[] }[];
export function folderCycles(tree: Tree, root: string): { folders: string[]; arrows: string[] };
export const movedOut: readonly string[];
export function repeats(tree: Tree): { first: string; second: string; runs: number; at: [number, number] }[];
export function sharedFilesNamingMethods(tree: Tree): string[];

interface WrongImport {
  name: string;
  from: string;
  to: string;
}
export const wrongImports: readonly WrongImport[];
export function refusals(
  root: string,
  imports?: readonly WrongImport[],
): Promise<(WrongImport & { rules: string[] })[]>;
