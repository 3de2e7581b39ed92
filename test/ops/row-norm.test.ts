import { rowNormCases } from './cases/row-norm.js';
import { testOp } from './harness.js';

rowNormCases.forEach(testOp);
