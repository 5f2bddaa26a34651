/** @file Imports that must never be, and whether the rules of a checkout refuse them. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise } from 'dependency-cruiser';

/** The file that imports is made up, the one that is imported is there. */
export const wrongImports = [
  { name: 'view -> method', from: 'renderer/state/wrong.ts', to: 'main/methods/flows/index.ts' },
  { name: '.svelte -> define', from: 'renderer/app/Wrong.svelte', to: 'main/contract/define.ts' },
  { name: 'native-models -> main', from: 'native-models/nn/wrong.ts', to: 'main/data/table.ts' },
  {
    name: 'method -> method',
    from: 'main/methods/flows/wrong.ts',
    to: 'main/methods/conformal/index.ts',
  },
  { name: 'data -> engine', from: 'main/data/wrong.ts', to: 'main/engine.ts' },
  { name: 'data -> runs', from: 'main/data/readers/wrong.ts', to: 'main/runs/store.ts' },
  { name: 'transport -> a method', from: 'main/transport/wrong.ts', to: 'main/methods/flows/index.ts' },
  { name: 'plots -> panels', from: 'renderer/plots/wrong.ts', to: 'renderer/panels/index.ts' },
  { name: 'renderer/engine -> panels', from: 'renderer/engine/wrong.ts', to: 'renderer/panels/index.ts' },
  { name: 'state -> panels', from: 'renderer/state/worse.ts', to: 'renderer/panels/index.ts' },
  {
    name: 'panel -> other panel',
    from: 'renderer/panels/flows/wrong.ts',
    to: 'renderer/panels/conformal/words.ts',
  },
  { name: 'ir -> io', from: 'native-models/ir/wrong.ts', to: 'native-models/io/npy.ts' },
  { name: 'view -> node:fs', from: 'renderer/plots/worse.ts', to: 'node:fs' },
];

/**
 * Writes the imports into a folder that is laid out like the checkout, each of a value and of a type, and asks
 * dependency-cruiser with the checkout's own rules. A component's imports of types vanish before it looks: lint sees those.
 * @returns {Promise<{ name: string, from: string, to: string, rules: string[] }[]>} `rules` that refuse both; none where one
 *   of the two is let through.
 */
export async function refusals(root, imports = wrongImports) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'monge-imports-')));
  try {
    for (const one of imports) writeImport(folder, one);
    const { forbidden, options } = await rulesOf(root);
    const { output } = await cruise([...new Set(imports.map(({ from }) => from.split('/')[0]))], {
      ...options,
      tsConfig: undefined,
      baseDir: folder,
      validate: true,
      ruleSet: { forbidden },
    });
    const rules = ({ from, to }) =>
      output.summary.violations
        .filter((violation) => violation.from === from && violation.to === to.replace('node:', ''))
        .map(({ rule }) => rule.name);
    return imports.map((one) => {
      const [ofValue, ...others] = formsOf(one).map((form) => rules({ ...one, from: form.path }));
      return { ...one, rules: others.every((found) => found.length > 0) ? ofValue : [] };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The files that hold a wrong import. */
function formsOf({ from, to }) {
  const specifier = to.startsWith('node:')
    ? to
    : posix
        .relative(posix.dirname(from), to)
        .replace(/\.ts$/, '')
        .replace(/^(?!\.)/, './');
  const value = `import * as thing from '${specifier}';\nconsole.log(thing);\n`;
  if (from.endsWith('.svelte')) return [{ path: from, text: `<script lang="ts">\n${value}</script>\n` }];
  const type = `import type { Thing } from '${specifier}';\nexport type Wrong = Thing;\n`;
  return [
    { path: from, text: value },
    { path: from.replace(/\.ts$/, '-type.ts'), text: type },
  ];
}

function writeImport(folder, one) {
  if (!one.to.startsWith('node:')) write(folder, one.to, 'export interface Thing {\n  a: number;\n}\n');
  for (const { path, text } of formsOf(one)) write(folder, path, text);
}

function write(folder, path, text) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

async function rulesOf(root) {
  const names = ['mjs', 'cjs'].map((ending) => join(root, `.dependency-cruiser.${ending}`));
  const { default: rules } = await import(pathToFileURL(names.find((name) => existsSync(name))).href);
  return rules;
}
