import { join } from 'node:path';
import { RuleTester } from 'eslint';
import { describe, it } from 'vitest';
import { importDirection } from '../../scripts/import-direction.mjs';

RuleTester.describe = describe;
RuleTester.it = it;

const file = (name: string) => join(process.cwd(), name);

new RuleTester().run('import-direction', importDirection, {
  valid: [
    { filename: file('lib/ops/reduce.ts'), code: `import { Tensor } from '../ir/tensor.js';` },
    { filename: file('lib/ops/reduce.ts'), code: `import { broadcast } from './movement.js';` },
    { filename: file('lib/runtime/program.ts'), code: `import { addon } from './native.js';` },
    { filename: file('lib/train/model.ts'), code: `import { adam } from '../optim/adam.js';` },
    { filename: file('lib/train/fit.ts'), code: `import { addon } from '../runtime/native.js';` },
    { filename: file('lib/index.ts'), code: `export * from './train/model.js';` },
    { filename: file('lib/data/idx.ts'), code: `import { readFile } from 'node:fs/promises';` },
    { filename: file('test/ops/reduce.test.ts'), code: `import { addon } from '../../lib/runtime/native.js';` },
  ],
  invalid: [
    { filename: file('lib/shape.ts'), code: `import './ir/graph.js';`, errors: [{ messageId: 'direction' }] },
    {
      filename: file('lib/ir/graph.ts'),
      code: `import { add } from '../ops/elementwise.js';`,
      errors: [{ messageId: 'direction' }],
    },
    {
      filename: file('lib/passes/fuse.ts'),
      code: `export * from '../runtime/program.js';`,
      errors: [{ messageId: 'direction' }],
    },
    {
      filename: file('lib/nn/linear.ts'),
      code: `export { Model } from '../train/model.js';`,
      errors: [{ messageId: 'direction' }],
    },
    { filename: file('lib/train/fit.ts'), code: `await import('../index.js');`, errors: [{ messageId: 'direction' }] },
    { filename: file('lib/nn/linear.ts'), code: `import '../../test/harness.js';`, errors: [{ messageId: 'direction' }] },
    {
      filename: file('lib/nn/linear.ts'),
      code: `import { addon } from '../runtime/native.js';`,
      errors: [{ messageId: 'addon' }],
    },
    { filename: file('lib/misc/x.ts'), code: `export const x = 1;`, errors: [{ messageId: 'unknown' }] },
  ],
});
