import { describe, expect, it } from 'vitest';
import { RavineError } from '../../lib/errors.js';
import type { Tensor } from '../../lib/ir/tensor.js';
import * as nn from '../../lib/nn/index.js';
import { tensor } from '../../lib/ops/create.js';
import { add } from '../../lib/ops/elementwise.js';
import { matmul } from '../../lib/ops/matmul.js';
import '../../lib/runtime/index.js';

class Residual extends nn.Module {
  constructor(readonly body: nn.Module) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return add(x, this.body.forward(x));
  }
}

class Several extends nn.Module {
  readonly first = nn.linear(2, 2, { bias: false });
  readonly blocks = [nn.linear(2, 2), new Residual(nn.sequential(nn.relu(), nn.linear(2, 2)))];
  readonly heads = { left: nn.linear(2, 1), right: nn.linear(2, 1) };
  readonly count = new nn.Buffer([2], { value: 3 });
  readonly scale = new nn.Parameter([2], { initializer: 'ones' });
  override forward(x: Tensor): Tensor {
    return this.blocks.reduce((y, block) => block.forward(y), this.first.forward(x));
  }
}

describe('names', () => {
  it("are PyTorch's", () => {
    const network = nn.sequential(nn.linear(2, 3), nn.relu(), nn.linear(3, 1, { bias: false }));
    expect([...nn.namedParameters(network).keys()]).toEqual(['0.weight', '0.bias', '2.weight']);
    expect([...nn.namedModules(network).keys()]).toEqual(['', '0', '1', '2']);
  });

  it('follow fields, arrays and plain objects in their order', () => {
    const module = new Several();
    expect([...nn.namedParameters(module).keys()]).toEqual([
      'first.weight',
      'blocks.0.weight',
      'blocks.0.bias',
      'blocks.1.body.1.weight',
      'blocks.1.body.1.bias',
      'heads.left.weight',
      'heads.left.bias',
      'heads.right.weight',
      'heads.right.bias',
      'scale',
    ]);
    expect([...nn.namedBuffers(module).keys()]).toEqual(['count']);
    expect([...module.count.data()]).toEqual([3, 3]);
  });

  it('count a tied parameter once, under its first', () => {
    const shared = nn.linear(2, 2);
    expect([...nn.namedParameters(nn.sequential(shared, nn.relu(), shared)).keys()]).toEqual(['0.weight', '0.bias']);
  });

  it('end where fields form a circle', () => {
    class Node extends nn.Module {
      other: nn.Module = this;
      readonly ring: unknown[] = [];
      readonly layer = nn.linear(1, 1);
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    const node = new Node();
    node.ring.push(node.ring);
    expect([...nn.namedParameters(node).keys()]).toEqual(['layer.weight', 'layer.bias']);
  });
});

describe('stateVersion', () => {
  it('changes with an option, a child or a freeze, and with nothing else', () => {
    const network = nn.sequential(new Residual(nn.linear(2, 2)), nn.dropout(0.5));
    const versions = [network.stateVersion];
    network.forward(tensor([[1, 2]]));
    expect(network.stateVersion).toBe(versions[0]);
    network.freeze();
    versions.push(network.stateVersion);
    network.unfreeze();
    expect(network.stateVersion).toBe(versions[0]);
    Object.assign(network.layers[0], { body: nn.linear(2, 2) });
    versions.push(network.stateVersion);
    Object.assign(network.layers[1], { probability: 0.25 });
    versions.push(network.stateVersion);
    expect(new Set(versions).size).toBe(4);
  });

  it('freezes what lies inside', () => {
    const network = nn.sequential(new Residual(nn.linear(2, 2)), nn.linear(2, 1));
    network.layers[0].freeze();
    expect([...nn.namedParameters(network)].map(([name, { trainable }]) => [name, trainable])).toEqual([
      ['0.body.weight', false],
      ['0.body.bias', false],
      ['1.weight', true],
      ['1.bias', true],
    ]);
  });
});

function errorOf(fn: () => unknown): RavineError {
  try {
    fn();
  } catch (error) {
    if (error instanceof RavineError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('errors inside of a module', () => {
  it('begin with its path, once', () => {
    const network = nn.sequential(nn.linear(2, 3), new Residual(nn.sequential(nn.linear(4, 4) as nn.Module)));
    const error = errorOf(() => network.forward(tensor([[1, 2]])));
    expect(error.message).toBe('1.body.0: [linear(4, 4)] expected 4 features, got float32[1,3]');
    expect(error.stack).toContain('1.body.0: [linear(4, 4)]');
    expect(error.code).toBe('shape');
  });

  it("have the path for ops of one's own", () => {
    const bad = nn.lambda((x) => matmul(x, tensor([[1, 2]])));
    const error = errorOf(() => nn.sequential(nn.relu(), bad).forward(tensor([[1, 2]])));
    expect(error.message).toMatch(/^1: \[matmul\] expected /);
  });

  it('refuse a module with parameters that would not be trained', () => {
    class Hidden extends nn.Module {
      readonly #layer = nn.linear(2, 2);
      override forward(x: Tensor): Tensor {
        return this.#layer.forward(x);
      }
    }
    expect(errorOf(() => nn.sequential(new Hidden()).forward(tensor([[1, 2]]))).message).toBe(
      "0: [module] linear(2, 2) is used in a forward but is not found among the fields, so 'weight' would not be trained\n" +
        'help: keep it in a field of the module that uses it, also in an array or a plain object',
    );
  });

  it('let modules without parameters be made in a forward', () => {
    const inline = nn.lambda((x) => nn.relu().forward(x));
    expect(
      nn
        .sequential(inline)
        .forward(tensor([[-1, 2]]))
        .toArray(),
    ).toEqual([[0, 2]]);
  });
});

describe('buffers', () => {
  it('take a new value of their type', () => {
    const buffer = new nn.Buffer([2]);
    buffer.assign(tensor([1, 2]));
    expect([...buffer.data()]).toEqual([1, 2]);
    expect(() => buffer.assign(tensor([1, 2, 3]))).toThrow('[buffer] expected float32[2], got float32[3]');
  });
});
