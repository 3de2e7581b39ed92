import { describe, expect, it } from 'vitest';
import { data, losses, Model, nn, optim, type Tensor } from '../../lib/index.js';
import { traced } from '../ops/trace.js';
import { expectClose } from './golden.js';

describe('fold', () => {
  it('merges normalisations into the layers before them: the same outputs, fewer layers', async () => {
    const network = nn.sequential(
      nn.conv2d(2, 4, 3, { padding: 'same', bias: false }),
      nn.batchNorm(4),
      nn.relu(),
      nn.flatten(),
      nn.sequential(nn.linear(64, 8), nn.batchNorm(8, { affine: false }), nn.relu()),
      nn.linear(8, 3),
    );
    const model = new Model(network, {
      loss: losses.softmaxCrossEntropy(),
      optimizer: optim.sgd({ learningRate: 0.1 }),
      seed: 5,
    });
    const images = { data: Float32Array.from({ length: 12 * 32 }, (_, i) => ((i * 31) % 17) / 8 - 1), shape: [12, 4, 4, 2] };
    await model.fit({ x: images, y: Int32Array.from({ length: 12 }, (_, i) => i % 3) }, { epochs: 3, batchSize: 6 });
    const folded = nn.fold(network);
    expect(folded.layers.map(String)).toEqual([
      'conv2d(2, 4, 3, { padding: "same", bias: true })',
      'relu',
      'flatten',
      'sequential',
      'linear(8, 3)',
    ]);
    const want = await model.predict(data.from({ x: images }));
    const got = await new Model(folded).predict(data.from({ x: images }));
    expectClose(got, [...want.data()], 1e-5);
    expect(network.layers).toHaveLength(6);
  });

  it('goes into residual connections and nested chains: fewer nodes in the graph', async () => {
    const block = nn.residual(
      nn.sequential(
        nn.conv2d(4, 4, 3, { padding: 1, bias: false }),
        nn.batchNorm(4),
        nn.relu(),
        nn.conv2d(4, 4, 3, { padding: 1, bias: false }),
        nn.batchNorm(4),
      ),
      nn.sequential(nn.conv2d(4, 4, 1, { bias: false }), nn.batchNorm(4)),
    );
    const network = nn.sequential(block, nn.relu(), nn.flatten(), nn.linear(64, 3));
    const model = new Model(network, { loss: losses.softmaxCrossEntropy(), optimizer: optim.adam(), seed: 2 });
    const images = { data: Float32Array.from({ length: 8 * 64 }, (_, i) => ((i * 37) % 19) / 9 - 1), shape: [8, 4, 4, 4] };
    await model.fit({ x: images, y: Int32Array.from({ length: 8 }, (_, i) => i % 3) }, { epochs: 3, batchSize: 4 });
    const folded = nn.fold(network);
    expectClose(await new Model(folded).predict(images), [...(await model.predict(images)).data()], 1e-5);
    expect(network.layers[0].body.layers).toHaveLength(5);

    const text = (module: nn.Module): string => traced(['float32[8,4,4,4]'], (x) => module.forward(x)).text;
    const count = (module: nn.Module, op: string): number => text(module).split(` = ${op} `).length - 1;
    expect([count(network, 'normalize'), count(folded, 'normalize')]).toEqual([3, 0]);
    expect([count(network, 'conv2d'), count(folded, 'conv2d')]).toEqual([2, 2]);
    expect(text(folded).split('\n').length).toBeLessThan(text(network).split('\n').length);
  });

  describe('in modules of one’s own', () => {
    const mean = (x: Tensor): Tensor => x.mean({ axis: [1, 2] });

    /** A stem that three branches read, chains in an array, a norm behind an activation, a layer that two norms read, a private field. */
    class Own extends nn.Module {
      readonly stem = nn.conv2d(2, 4, 3, { padding: 'same', bias: false });
      readonly stemNorm = nn.batchNorm(4);
      readonly branches = [nn.sequential(nn.conv2d(4, 4, 1), nn.batchNorm(4), nn.relu()), nn.conv2d(4, 4, 3, { padding: 1 })];
      readonly late = nn.batchNorm(4);
      readonly shared = nn.linear(4, 4);
      readonly norms = [nn.batchNorm(4), nn.batchNorm(4)];
      readonly head = { linear: nn.linear(4, 3), norm: nn.batchNorm(3) };
      readonly #activate = nn.relu();

      override forward(x: Tensor): Tensor {
        const stem = this.#activate.forward(this.stemNorm.forward(this.stem.forward(x)));
        const branches = this.branches.map((branch) => branch.forward(stem)).reduce((sum, branch) => sum.add(branch), stem);
        const shared = this.shared.forward(mean(this.late.forward(branches.relu())));
        const both = this.norms.map((norm) => norm.forward(shared)).reduce((sum, one) => sum.add(one));
        return this.head.norm.forward(this.head.linear.forward(both));
      }
    }
    const images = { data: Float32Array.from({ length: 12 * 32 }, (_, i) => ((i * 31) % 17) / 8 - 1), shape: [12, 4, 4, 2] };
    const trained = async (network: nn.Module): Promise<Model> => {
      const model = new Model(network, {
        loss: losses.softmaxCrossEntropy(),
        optimizer: optim.sgd({ learningRate: 0.1 }),
        seed: 5,
      });
      await model.fit({ x: images, y: Int32Array.from({ length: 12 }, (_, i) => i % 2) }, { epochs: 3, batchSize: 6 });
      return model;
    };

    it.each<[string, (own: Own) => nn.Module]>([
      ['alone', (own) => own],
      ['in a chain', (own) => nn.sequential(own, nn.linear(3, 3), nn.batchNorm(3))],
      ['in a residual connection', (own) => nn.residual(nn.sequential(own, nn.linear(3, 2)), nn.lambda(mean))],
    ])('merges what their forward calls one after the other: %s', async (_, networkOf) => {
      const own = new Own();
      const model = await trained(networkOf(own));
      const folded = nn.fold(model.network, [4, 4, 2]);
      expectClose(await new Model(folded).predict(images), [...(await model.predict(images)).data()], 1e-5);
      const norms = [...nn.namedModules(folded).values()].filter((module) => module instanceof nn.BatchNorm);
      expect(norms).toEqual([own.late, ...own.norms]);
    });

    it('keeps their paths, and loads what was saved', async () => {
      const own = new Own();
      const model = await trained(own);
      const folded = nn.fold(own, [4, 4, 2]);
      expect(String(folded)).toBe('folded(own)');
      const state = await new Model(folded).stateDict();
      expect([...state.keys()].filter((name) => !name.includes('orm'))).toEqual([
        ...['stem.weight', 'stem.bias', 'branches.0.0.weight', 'branches.0.0.bias', 'branches.1.weight', 'branches.1.bias'],
        ...['late.weight', 'late.bias', 'late.running_mean', 'late.running_var', 'late.num_batches_tracked'],
        ...['shared.weight', 'shared.bias', 'head.linear.weight', 'head.linear.bias'],
      ]);
      const again = new Model(nn.fold(new Own(), [4, 4, 2]));
      again.loadStateDict(state);
      expectClose(await again.predict(images), [...(await model.predict(images)).data()], 1e-5);
      const features = await again.predict(images, { layer: 'branches.0' });
      expectClose(features, [...(await model.predict(images, { layer: 'branches.0' })).data()], 1e-5);
    });

    it('leaves what is called twice, or read by others too', () => {
      class Twice extends nn.Module {
        readonly layer = nn.linear(2, 2);
        readonly norm = nn.batchNorm(2);
        readonly read = nn.linear(2, 2);
        readonly readNorm = nn.batchNorm(2);
        override forward(x: Tensor): Tensor {
          const once = this.norm.forward(this.layer.forward(x));
          const read = this.read.forward(this.layer.forward(once));
          return this.readNorm.forward(read).add(read);
        }
      }
      const twice = new Twice();
      expect(nn.fold(twice, [2])).toBe(twice);
      const split = nn.sequential(nn.linear(2, 2), nn.sequential(twice));
      expect(nn.fold(split, [2]).layers[0]).toBe(split.layers[0]);
    });

    it('merges in networks of several inputs', () => {
      class Two extends nn.Module<Tensor, [Readonly<Record<'a' | 'b', Tensor>>]> {
        readonly layer = nn.linear(2, 2);
        readonly norm = nn.batchNorm(2);
        override forward({ a, b }: Readonly<Record<'a' | 'b', Tensor>>): Tensor {
          return this.norm.forward(this.layer.forward(a.add(b)));
        }
      }
      expect([...nn.namedParameters(nn.fold(new Two(), { a: [2], b: [2] })).keys()]).toEqual(['layer.weight', 'layer.bias']);
    });

    it('asks for the input’s shape', () => {
      const message =
        '[fold] what the forward of own calls is seen by running it\nhelp: give the shape of one sample: fold(network, [32, 32, 3])';
      expect(() => nn.fold(new Own())).toThrow(message);
      expect(() => nn.fold(nn.sequential(new Own()))).toThrow(message);
      const norm = nn.batchNorm(3);
      expect(nn.fold(norm)).toBe(norm);
    });
  });

  it('says what can not be merged', () => {
    expect(() => nn.fold({} as never)).toThrow('[fold] expected a module, got a Object');
    expect(() => nn.foldNorm(nn.linear(3, 4), nn.batchNorm<number>(5))).toThrow(
      '[fold] expected a layer of 5 outputs before batchNorm(5), got linear(3, 4)',
    );
    expect(() => nn.foldNorm(nn.linear(3, 4), nn.batchNorm<number>(4, { trackRunningStats: false }))).toThrow(
      '[fold] expected a batch normalisation by running statistics',
    );
  });
});
