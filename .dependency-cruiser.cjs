/**
 * Imports point one way: native-models <- main <- electron; the view sees only the types of main/rpc/contract and the frame
 * codec main/rpc/wire. Inside main/ the folders are floors of a house: each may import those below it, none above.
 */
const floors = [
  'contract',
  'disk',
  'numerics',
  'data',
  'tables',
  'compute',
  'models',
  'training',
  'transport',
  'ode',
  'calibration',
  'experiments',
  'methods',
  'jobs',
  'runs',
  'claims',
  'engine.ts',
  'rpc',
  'server',
  'host',
  'cli',
];
const place = (floor) => (floor.endsWith('.ts') ? `^main/${floor.replace('.', '\\.')}$` : `^main/${floor}/`);
const TESTS = '\\.test\\.ts$|/testing(/|\\.ts$)';
const floorRules = floors.map((floor, height) => ({
  name: `main-${floor}-imports-no-higher-floor`,
  severity: 'error',
  // A test may look at its subject through the whole house.
  from: { path: place(floor), pathNot: TESTS },
  to: { path: '^main/', pathNot: floors.slice(0, height + 1).map(place) },
}));

module.exports = {
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
      to: { path: '^(main|electron|renderer|bench|e2e)/' },
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
      to: { path: '^(main|native-models|electron|bench|e2e)/', pathNot: '^main/rpc/(contract|wire)\\.ts$' },
    },
    {
      name: 'view-imports-types-of-the-contract-only',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^main/rpc/contract\\.ts$', dependencyTypesNot: ['type-only'] },
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
      name: 'nothing-rests-on-tests',
      severity: 'error',
      from: { path: '^(native-models|main|renderer|electron)/', pathNot: TESTS },
      to: { path: TESTS, pathNot: 'node_modules' },
    },
    {
      name: 'no-file-beside-the-floors',
      severity: 'error',
      from: { path: '^main/', pathNot: floors.map(place).concat('^main/engine\\.test\\.ts$') },
      to: {},
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
      from: { path: '^(native-models|main)/', pathNot: '\\.test\\.ts$' },
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
