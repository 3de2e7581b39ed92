import { upsampleCases } from './cases/upsample.js';
import { testOp } from './harness.js';

upsampleCases.forEach(testOp);
