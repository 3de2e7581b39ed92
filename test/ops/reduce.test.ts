import { reduceCases } from './cases/reduce.js';
import { testOp } from './harness.js';

reduceCases.forEach(testOp);
