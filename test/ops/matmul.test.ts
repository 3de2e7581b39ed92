import { matmulCases } from './cases/matmul.js';
import { testOp } from './harness.js';

matmulCases.forEach(testOp);
