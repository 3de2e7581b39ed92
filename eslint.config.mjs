import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { importDirection } from './scripts/import-direction.mjs';

const doubleCast = { selector: 'TSAsExpression > TSAsExpression', message: 'no double casts: narrow the value instead' };

export default defineConfig(
  { ignores: ['dist', 'build', 'build-debug', 'native/build', 'coverage', 'prebuilds', '**/node_modules', 'test/*/programs'] },
  {
    files: ['lib/**/*.ts', 'test/**/*.ts', '*.config.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { ravine: { rules: { 'import-direction': importDirection } } },
    rules: {
      'ravine/import-direction': 'error',
      'no-restricted-syntax': ['error', doubleCast],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    rules: { eqeqeq: 'error', 'no-unused-vars': 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
);
