import { movementCases } from './cases/movement.js';
import { testOp } from './harness.js';

movementCases.forEach(testOp);
