/** The rules of the house that a linter can hold; run by `node test/check.mjs`. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'eslint/config'
import ts from 'typescript-eslint'

/** Counts a function's own lines: a factory's inner functions are each held to the limit instead. */
const shortFunctions = {
  meta: { schema: [{ type: 'integer' }], messages: { long: 'Split: {{lines}} lines of its own.' } },
  create(context) {
    const [limit] = context.options
    const open = []
    const length = (node) => node.loc.end.line - node.loc.start.line + 1
    const enter = () => open.push(0)
    const leave = (node) => {
      const lines = length(node) - open.pop()
      if (lines > limit) context.report({ node, messageId: 'long', data: { lines } })
      // An inner function of one line stands within a line of ours.
      if (open.length > 0) open.push(open.pop() + Math.max(0, length(node) - 1))
    }
    const kinds = ':matches(FunctionDeclaration, FunctionExpression, ArrowFunctionExpression)'
    return { [kinds]: enter, [`${kinds}:exit`]: leave }
  },
}

const noShell = {
  'no-restricted-imports': [
    'error',
    {
      paths: ['child_process', 'node:child_process'].map((name) => ({
        name,
        importNames: ['exec', 'execSync', 'default'],
        message: 'No shell: use execFile or spawn with an argv array, imported by name.',
      })),
    },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: 'Property[key.name="shell"]:not([value.value=false])',
      message: 'No shell: hostile text in an argument would be run. Use an argv array.',
    },
    {
      selector: 'ImportNamespaceSpecifier[parent.source.value=/child_process$/]',
      message: 'Import execFile or spawn by name, so that it shows that no shell is used.',
    },
    { selector: 'TSEnumDeclaration', message: 'Use an `as const` array and the union of it.' },
    {
      selector: 'TSParameterProperty',
      message: 'Declare the field: parameter properties are not erasable syntax.',
    },
  ],
}

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'openapi/contract.d.ts', 'data/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.mjs'],
    rules: { 'no-var': 'error', 'prefer-const': 'error', eqeqeq: 'error', ...noShell },
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['test/tsconfig.json'],
        tsconfigRootDir: fileURLToPath(new URL('.', import.meta.url)),
      },
    },
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Our interfaces are records of functions without `this`; and an `async` one without an
      // `await` keeps its word that failures reject.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/require-await': 'off',
      'no-console': 'error',
      ...noShell,
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { house: { rules: { 'short-functions': shortFunctions } } },
    rules: { 'house/short-functions': ['error', 40] },
  },
  { files: ['src/cli/**/*.ts', 'test/bench/**'], rules: { 'no-console': 'off' } },
)
