/** @file Lint rules: typed where types exist; the engine may not read the clock or draw unseeded randomness. */
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import { contract, floors, sharedPanels } from './scripts/floors.mjs';

const engineOnly = [
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Draw from a keyed stream (native-models/random), so that the same seed gives the same result.',
  },
];

/** Imports of types in components, which dependency-cruiser does not see: the same rules as for all other imports. */
const notOfTheContract = {
  regex: `^(\\.\\./)+(?!(${contract.join('|')})$)(main|native-models|electron)/`,
  message: 'The view sees only the contract.',
};
const neighbours = (up) => ({
  regex: `^${'\\.\\./'.repeat(up)}(?!\\.\\./|(${sharedPanels.join('|')})/)[^/]+/`,
  message: 'Panels do not know each other.',
});
const componentsOf = (files, patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [notOfTheContract, ...patterns] }] },
});
const higherFloor = (height) => ({
  regex: `^(\\.\\./)+(${floors.renderer.slice(height + 1).join('|')})(/|$)`,
  message: 'A folder of the view imports only those below it (scripts/floors.mjs).',
});
const components = floors.renderer.flatMap((folder, height) => {
  const patterns = [higherFloor(height)];
  const below = `renderer/${folder}`;
  if (folder !== 'panels') return [componentsOf([`${below}/**/*.svelte`], patterns)];
  return [
    componentsOf([`${below}/*.svelte`], patterns),
    componentsOf([`${below}/*/*.svelte`], [...patterns, neighbours(1)]),
    componentsOf([`${below}/*/*/*.svelte`], [...patterns, neighbours(2)]),
  ];
});

export default ts.config(
  {
    ignores: [
      'out/',
      'dist/',
      'node_modules/',
      '.cache/',
      'test-results/',
      'playwright-report/',
      'bench/reference/',
    ],
  },
  js.configs.recommended,
  ...ts.configs.recommendedTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.node },
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '.*.cjs', 'bin/*.mjs', 'scripts/*.mjs'] },
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: { ...globals.browser }, parserOptions: { parser: ts.parser } },
  },
  { files: ['renderer/**'], languageOptions: { globals: { ...globals.browser } } },
  {
    // Figures are drawn by the engine too.
    files: ['figures/**'],
    rules: { 'no-restricted-globals': ['error', 'document', 'window', 'navigator', 'getComputedStyle'] },
  },
  ...components,
  { files: ['native-models/**', 'main/**'], rules: { 'no-restricted-syntax': ['error', ...engineOnly] } },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], ...ts.configs.disableTypeChecked },
);
