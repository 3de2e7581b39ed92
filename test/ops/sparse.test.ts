import { sparseCases } from './cases/sparse.js';
import { testOp } from './harness.js';

sparseCases.forEach(testOp);
