import { poolCases } from './cases/pool.js';
import { testOp } from './harness.js';

poolCases.forEach(testOp);
