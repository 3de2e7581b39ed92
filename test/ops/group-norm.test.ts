import { groupNormCases } from './cases/group-norm.js';
import { testOp } from './harness.js';

groupNormCases.forEach(testOp);
