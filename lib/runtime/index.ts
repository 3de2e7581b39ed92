import { setEvaluator } from '../ir/evaluator.js';
import { eager } from './eager.js';

setEvaluator(eager);

export { checkGradients } from './check-gradients.js';
export { grad, hessian, hvp, valueAndGrad } from './grad.js';
export { jit } from './jit.js';
