import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import { builtinRules } from 'eslint/use-at-your-own-risk';
import tseslint from 'typescript-eslint';

/** The two size rules a second time under other names, so that one limit warns and one fails. */
const size = {
  rules: {
    'long-function': builtinRules.get('max-lines-per-function'),
    'long-file': builtinRules.get('max-lines'),
  },
};
const sizeLimits = {
  'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
  'max-lines': ['error', { max: 400 }],
  'size/long-function': ['warn', { max: 60, skipBlankLines: true, skipComments: true }],
  'size/long-file': ['warn', { max: 300 }],
};

const readonly = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

/** Node's globals that the plain JavaScript files use; TypeScript checks its own. */
const nodeGlobals = readonly([
  'process',
  'console',
  'Buffer',
  'URL',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'fetch',
  'AbortSignal',
]);

export default defineConfig(
  globalIgnores(['**/dist/', '**/generated/', '**/node_modules/', 'data/', 'coverage/']),
  js.configs.recommended,
  { plugins: { size } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': [
        'error',
        // decorated constructors need the value, which the rule knows of; inline `type` is fine
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // a handler of a given async signature may have nothing to wait for
      '@typescript-eslint/require-await': 'off',
      'no-console': 'error',
      'no-else-return': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true } }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'anywhere' }],
      ...sizeLimits,
    },
  },
  {
    // node:test returns promises that nobody needs to wait for; a suite is one long function
    files: ['**/*.test.ts', 'test/**/*.ts', 'libs/testkit/**/*.ts'],
    rules: {
      'no-console': 'off',
      'max-lines-per-function': 'off',
      'size/long-function': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: ['test', 'it', 'describe', 'suite'].map((name) => ({
            from: 'package',
            package: 'node:test',
            name,
          })),
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: nodeGlobals },
    rules: sizeLimits,
  },
  {
    files: ['*.cjs'],
    languageOptions: { globals: { module: 'writable' } },
  },
  {
    // settings have one reader
    files: ['libs/**/*.ts', 'services/**/*.ts'],
    ignores: ['libs/config/**', 'libs/testkit/**', '**/*.test.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'read settings with @waystation/config' },
      ],
    },
  },
);
