import { createRequire } from 'node:module';
import { Tensor, tensor } from 'ravine';

const required = createRequire(import.meta.url)('ravine');
const same = required.Tensor === Tensor && required.tensor([1]) instanceof Tensor && tensor([1]) instanceof required.Tensor;
console.log(same ? 'one' : 'two');
