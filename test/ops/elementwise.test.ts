import { elementwiseCases } from './cases/elementwise.js';
import { testOp } from './harness.js';

elementwiseCases.forEach(testOp);
