import { imageCases } from './cases/images.js';
import { testOp } from './harness.js';

imageCases.forEach(testOp);
