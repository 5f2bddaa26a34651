/** @file Names that files export: those defined in several files, and those that nothing uses. */
import { join } from 'node:path';
import ts from 'typescript';
import { packageFile, root as project, run } from '../run.mjs';

/** Names that two files or more of figures, main, native-models and renderer define and export, with the files. */
export function sharedNames(tree) {
  const files = new Map();
  for (const path of tree.files.filter((file) =>
    /^(figures|main|native-models|renderer)\/.*(?<!\.test|\.d)\.ts$/.test(file),
  ))
    for (const name of definedExports(tree.parsed(path))) {
      if (!files.has(name)) files.set(name, []);
      files.get(name).push(path);
    }
  return [...files].filter(([, paths]) => paths.length > 1).map(([name, paths]) => ({ name, paths }));
}

/** Names that a file itself defines where it exports them; what it passes on from another file does not count. */
function definedExports(source) {
  const names = new Set();
  for (const statement of source.statements) {
    if (!statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
    if (ts.isVariableStatement(statement))
      for (const { name } of statement.declarationList.declarations) names.add(name.getText(source));
    else if (statement.name) names.add(statement.name.text);
  }
  return names;
}

/**
 * What is exported but imported by no other file, by knip; what the public index of native-models names is used.
 * @returns {Promise<{ values: string[], types: string[] }>} each as `file: name`
 */
export async function unusedExports(root) {
  const { code, output } = await run(
    process.execPath,
    [
      packageFile('knip', 'bin/knip.js'),
      '--directory',
      root,
      '--config',
      join(project, 'knip.json'),
      '--include',
      'exports,types',
      '--reporter',
      'json',
      '--no-progress',
      '--no-exit-code',
    ],
    { cwd: root, capture: true },
  );
  const start = output.lastIndexOf('\n{') + 1;
  if (code !== 0) throw new Error(`knip ended with ${code}:\n${output}`);
  const { issues } = JSON.parse(output.slice(start));
  const namesOf = (kind) =>
    issues.flatMap((issue) => issue[kind].map(({ name }) => `${issue.file}: ${name}`));
  return { values: namesOf('exports'), types: namesOf('types') };
}
