import { indexingCases } from './cases/indexing.js';
import { testOp } from './harness.js';

indexingCases.forEach(testOp);
