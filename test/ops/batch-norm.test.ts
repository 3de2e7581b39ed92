import { batchNormCases } from './cases/batch-norm.js';
import { testOp } from './harness.js';

batchNormCases.forEach(testOp);
