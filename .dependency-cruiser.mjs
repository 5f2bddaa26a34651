/**
 * Imports point one way: native-models <- main <- electron; the methods and the view draw with figures/; the view sees
 * only the types of main/rpc/contract and the frame codec main/rpc/wire. Inside a tree the folders are floors of a house:
 * each may import those below it, none above, so that no cycle of folders can come about.
 */
import { contract, floors, sharedPanels } from './scripts/floors.mjs';

const TESTS = '\\.test\\.ts$|/testing(/|\\.ts$)';
/** A node of a graph names the operation that made it, and an operation makes nodes: its type passes, no code does. */
const OPERATION = '^native-models/ops/define\\.ts$';
const placeIn = (tree) => (floor) =>
  floor.endsWith('.ts') ? `^${tree}/${floor.replace('.', '\\.')}$` : `^${tree}/${floor}/`;

const floorRules = Object.entries(floors).flatMap(([tree, names]) => {
  const places = names.map(placeIn(tree));
  return [
    ...names.map((floor, height) => ({
      name: `${tree}-${floor}-imports-no-higher-floor`,
      severity: 'error',
      // A test may look at its subject through the whole house.
      from: { path: places[height], pathNot: TESTS },
      to: { path: `^${tree}/`, pathNot: [...places.slice(0, height + 1), OPERATION] },
    })),
    {
      name: `no-file-beside-the-floors-of-${tree}`,
      severity: 'error',
      from: { path: `^${tree}/`, pathNot: [...places, TESTS] },
      to: {},
    },
  ];
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      // A cycle counts when every link of it is there at run time.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'native-models-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^native-models/' },
      to: { path: '^(figures|main|electron|renderer|bench|e2e)/' },
    },
    {
      name: 'figures-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^figures/' },
      to: { path: '^(native-models|main|electron|renderer|bench|e2e)/' },
    },
    {
      // What a figure looks like is the business of methods and of those above them; a contract may speak of a scene.
      name: 'figures-only-from-methods-up',
      severity: 'error',
      from: { path: floors.main.slice(1, floors.main.indexOf('methods')).map(placeIn('main')) },
      to: { path: '^figures/' },
    },
    {
      name: 'engine-knows-no-shell-and-no-view',
      severity: 'error',
      from: { path: '^main/' },
      to: { path: '^(electron|renderer|bench|e2e)/' },
    },
    {
      name: 'view-sees-only-the-contract',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(main|native-models|electron|bench|e2e)/', pathNot: `^(${contract.join('|')})\\.ts$` },
    },
    {
      name: 'view-imports-types-of-the-contract-only',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^main/rpc/contract\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'view-imports-nothing-of-node',
      severity: 'error',
      from: { path: '^renderer/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'panels-do-not-know-each-other',
      severity: 'error',
      from: { path: '^renderer/panels/([^/]+)/' },
      to: {
        path: '^renderer/panels/([^/]+)/',
        pathNot: ['^renderer/panels/$1/', `^renderer/panels/(${sharedPanels.join('|')})/`],
      },
    },
    {
      name: 'electron-only-in-shell',
      severity: 'error',
      from: { pathNot: '^(electron|e2e)/' },
      to: { path: '^electron$|node_modules/electron/' },
    },
    {
      name: 'onnxruntime-only-in-compute',
      severity: 'error',
      from: { pathNot: '^main/compute/' },
      to: { path: 'onnxruntime-(node|common|web)' },
    },
    ...floorRules,
    {
      name: 'a-node-knows-only-the-type-of-its-operation',
      severity: 'error',
      from: { path: '^native-models/(ir|random|evaluate)/' },
      to: { path: OPERATION, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-rests-on-tests',
      severity: 'error',
      from: { path: '^(native-models|figures|main|renderer|electron)/', pathNot: TESTS },
      to: { path: TESTS, pathNot: 'node_modules' },
    },
    {
      name: 'methods-do-not-know-each-other',
      severity: 'error',
      from: { path: '^main/methods/([^/]+)/' },
      to: { path: '^main/methods/([^/]+)/', pathNot: '^main/methods/$1/' },
    },
    {
      name: 'no-dev-dependency-at-run-time',
      severity: 'error',
      from: { path: '^(native-models|figures|main)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '\\?' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.svelte'],
      // Packages that are only reachable through their `exports` map resolve like they do at run time.
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types', 'svelte'],
    },
    exclude: { path: '(^|/)(out|dist)/' },
  },
};
