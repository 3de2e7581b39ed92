import type { OpCase } from '../harness.js';
import { batchNormCases } from './batch-norm.js';
import { convCases } from './conv.js';
import { elementwiseCases } from './elementwise.js';
import { groupNormCases } from './group-norm.js';
import { imageCases } from './images.js';
import { indexingCases } from './indexing.js';
import { linearAlgebraCases } from './linear-algebra.js';
import { matmulCases } from './matmul.js';
import { movementCases } from './movement.js';
import { optimizerCases } from './optimizer.js';
import { poolCases } from './pool.js';
import { randomCases } from './random.js';
import { reduceCases } from './reduce.js';
import { rowNormCases } from './row-norm.js';
import { softmaxCases } from './softmax.js';
import { sparseCases } from './sparse.js';
import { upsampleCases } from './upsample.js';

/** Every case that the harness runs. */
export const allCases: readonly OpCase[] = [
  ...batchNormCases,
  ...convCases,
  ...elementwiseCases,
  ...groupNormCases,
  ...imageCases,
  ...indexingCases,
  ...linearAlgebraCases,
  ...matmulCases,
  ...movementCases,
  ...optimizerCases,
  ...poolCases,
  ...randomCases,
  ...reduceCases,
  ...rowNormCases,
  ...softmaxCases,
  ...sparseCases,
  ...upsampleCases,
];
