// ESLint rule: imports inside lib/ go one way.

import { dirname, relative, resolve, sep } from 'node:path';

/** Each row may import from its own and from those above it. Files of lib/ itself stand in the first row, index.ts in the last. */
const rows = [
  ['.'],
  ['ir'],
  ['ops'],
  ['passes'],
  ['runtime'],
  ['nn', 'losses', 'metrics', 'optim', 'regularizers', 'data', 'io'],
  ['train', 'sparse'],
  ['estimators'],
  ['lab'],
  ['index.ts'],
];

function rowOf(path) {
  const parts = path.split(sep);
  const name = parts.length > 1 ? parts[0] : path.replace(/\.js$/, '.ts') === 'index.ts' ? 'index.ts' : '.';
  return rows.findIndex((row) => row.includes(name));
}

/** @type {import('eslint').Rule.RuleModule} */
export const importDirection = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      direction:
        '{{from}} must not import {{to}}: imports go errors, dtype, shape ← ir ← ops ← passes ← runtime ← nn, losses, … ← train, sparse ← estimators ← lab ← index',
      addon: '{{from}} must not import {{to}}: only runtime/, train/ and sparse/ see the addon',
      unknown: '{{from}} lies in a folder that has no place in scripts/import-direction.mjs',
    },
  },
  create(context) {
    const library = resolve(context.cwd, 'lib');
    const from = relative(library, context.filename);
    if (from.startsWith('..')) return {};

    function check(node) {
      const source = node.source?.value;
      if (typeof source !== 'string' || !source.startsWith('.')) return;
      const to = relative(library, resolve(dirname(context.filename), source));
      const data = { from, to };
      if (rowOf(from) < rowOf(to) || to.startsWith('..')) context.report({ node, messageId: 'direction', data });
      if (/^runtime.(native|addon)\.js$/.test(to) && !/^(runtime|train|sparse)\W/.test(from))
        context.report({ node, messageId: 'addon', data });
    }
    return {
      Program: (node) => rowOf(from) < 0 && context.report({ node, messageId: 'unknown', data: { from } }),
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};
