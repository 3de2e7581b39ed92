import { nn, type Tensor } from 'ravine';

// Several inputs, and an output that is no single tensor.
class Attention extends nn.Module<{ readonly output: Tensor; readonly weights: Tensor }, [Tensor, readonly [Tensor, Tensor]]> {
  readonly project = nn.linear(8, 8);
  forward(query: Tensor, [key, value]: readonly [Tensor, Tensor]) {
    const weights = this.project.forward(query).matmul(key);
    return { output: weights.matmul(value), weights };
  }
}
declare const x: Tensor;
const { output } = new Attention().forward(x, [x, x]);
const shown: Tensor = output;

// Two tensors in, one out: a layer that a chain does not take as its second.
class Gate extends nn.Module {
  readonly threshold = new nn.Parameter([1], { initializer: 'zeros' });
  readonly seen = new nn.Buffer([1]);
  forward(a: Tensor, b: Tensor) {
    this.seen.assign(this.threshold);
    return a.mul(b.sigmoid());
  }
}
const gated: Tensor = new Gate().forward(x, x);
const names: readonly string[] = [...nn.namedParameters(new Gate()).keys()];
const frozen: Gate = new Gate().freeze();

// expect-error: Non-abstract class 'Empty' does not implement inherited abstract member forward @ Empty
class Empty extends nn.Module {}
// expect-error: Property 'forward' in type 'Wrong' is not assignable to the same property in base type @ forward
class Wrong extends nn.Module {
  forward(a: string) {
    return a;
  }
}
// expect-error: '"zeross"' is not assignable to type @ initializer
new nn.Parameter([1], { initializer: 'zeross' });
