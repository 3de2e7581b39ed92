import { softmaxCases } from './cases/softmax.js';
import { testOp } from './harness.js';

softmaxCases.forEach(testOp);
