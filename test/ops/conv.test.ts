import { convCases } from './cases/conv.js';
import { testOp } from './harness.js';

convCases.forEach(testOp);
