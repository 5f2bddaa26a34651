/** @file The measures of the house: what a method, a query and the code they share cost, and the goal for each. */
import { sharedNames, unusedExports } from './exports.mjs';
import { folderCycles } from './folder-cycles.mjs';
import { linesOfFirstMethods, linesOfTemplate } from './lines.mjs';
import { filesPerQuery, sharedFilesNamingMethods } from './methods.mjs';
import { castsOfAnswers, trainingsOutsideTheLoop } from './places.mjs';
import { repeats } from './repeats.mjs';
import { Tree } from './tree.mjs';
import { refusals } from './wrong-imports.mjs';

export { castsOfAnswers, filesPerQuery, folderCycles, refusals, repeats, sharedFilesNamingMethods, Tree };
export { movedOut } from './lines.mjs';
export { wrongImports } from './wrong-imports.mjs';

/** Figures that may not exceed their goal; `measure` gives the figure, how to print it, and the places behind it. */
const measures = [
  {
    id: 'shared-files',
    title: 'shared files edited to add a method',
    how: 'files outside the methods’ folders that name a method, import one or list its error codes',
    most: 1,
    measure: (tree) => counted(sharedFilesNamingMethods(tree)),
  },
  {
    id: 'template',
    title: 'lines of the smallest useful method',
    how: 'scripts/method-template without its tests',
    most: 120,
    measure: (tree) => {
      const lines = linesOfTemplate(tree);
      return { figure: lines, text: lines === null ? 'not there' : undefined };
    },
  },
  {
    id: 'wrong-imports',
    title: 'wrong imports let through',
    how: 'of the list in scripts/measures/wrong-imports.mjs, as values and as types, by dependency-cruiser',
    most: 0,
    measure: async (tree) => {
      const all = await refusals(tree.root);
      const passed = all.filter(({ rules }) => rules.length === 0).map(({ name }) => name);
      const refused = all.length - passed.length;
      return { ...counted(passed), text: `${passed.length} (${refused} of ${all.length} refused)` };
    },
  },
  ...['main', 'renderer', 'native-models'].map((root) => ({
    id: `cycles-${root}`,
    title: `folders of ${root} in cycles`,
    how: 'folders, or files at the root, that reach themselves over run-time imports outside tests',
    most: 0,
    measure: (tree) => {
      const { folders, arrows } = folderCycles(tree, root);
      return { figure: folders.length, places: [...folders, ...arrows] };
    },
  })),
  {
    id: 'query-files',
    title: 'files per query',
    how: 'the most files that declare, check, answer or list one query or name its types',
    most: 4,
    measure: (tree) => {
      const queries = filesPerQuery(tree).sort((a, b) => a.files.length - b.files.length);
      const counts = queries.map(({ files }) => files.length);
      const places = queries.map(({ query, files }) => `${query}: ${files.length}: ${files.join(' ')}`);
      return { figure: counts.at(-1), text: `${counts[0]} to ${counts.at(-1)}`, places };
    },
  },
  {
    id: 'answer-casts',
    title: 'casts of answers in panels',
    how: '`as …Answer` and calls that are told their answer’s type',
    most: 0,
    measure: (tree) => counted(castsOfAnswers(tree)),
  },
  {
    id: 'trainings',
    title: 'trainings constructed outside the loop',
    how: '`new Training` in main outside main/training',
    most: 0,
    measure: (tree) => counted(trainingsOutsideTheLoop(tree)),
  },
  {
    id: 'repeats',
    title: 'pairs of files that share six lines of logic',
    how: 'alike but for names, strings and numbers; whole tree with tests; scripts/measures/repeats.mjs',
    most: 200,
    measure: (tree) =>
      counted(
        repeats(tree).map(
          ({ first, second, runs, at }) =>
            `${first}:${at[0]} ~ ${second}:${at[1]} (${runs} ${runs > 1 ? 'runs' : 'run'})`,
        ),
      ),
  },
  {
    id: 'shared-names',
    title: 'exported names defined in several files',
    how: 'figures, main, native-models and renderer without *.test.ts and components',
    most: 40,
    measure: (tree) => counted(sharedNames(tree).map(({ name, paths }) => `${name}: ${paths.join(' ')}`)),
  },
  {
    id: 'unused-exports',
    title: 'unused exports',
    how: 'exported values that no other file imports, by knip; native-models/index.ts counts as an importer',
    most: 60,
    measure: async (tree) => {
      const { values, types } = await unusedExports(tree.root);
      const text = `${values.length} (and ${types.length} types)`;
      return { figure: values.length, text, places: [...values, ...types] };
    },
  },
  {
    id: 'lines',
    title: 'lines of flows and conformal',
    how: 'engine, panel and what moved out of them (scripts/measures/lines.mjs), without tests',
    most: 26_000,
    measure: (tree) => summed(linesOfFirstMethods(tree)),
  },
];

function counted(places) {
  return { figure: places.length, places };
}

function summed(all) {
  return {
    figure: all.reduce((sum, { lines }) => sum + lines, 0),
    places: all.map(({ place, lines }) => `${place}: ${lines}`),
  };
}

/** Names by which single measures are asked for. */
export const measureIds = measures.map(({ id }) => id);

/**
 * Measures a checkout.
 * @param {string} root
 * @param {{ only?: string | null }} [options]
 */
export async function measureHouse(root, { only = null } = {}) {
  const tree = new Tree(root);
  const rows = [];
  for (const { id, title, how, most, measure } of measures) {
    if (only !== null && only !== id) continue;
    const { figure, text = figure.toLocaleString('en'), places = [] } = await measure(tree);
    rows.push({ id, title, how, figure, text, most, met: figure !== null && figure <= most, places });
  }
  return rows;
}
