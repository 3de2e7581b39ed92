import { optimizerCases } from './cases/optimizer.js';
import { testOp } from './harness.js';

optimizerCases.forEach(testOp);
