import { describe, expect, it } from 'vitest';
import { data, losses, Model, nn, optim, type Tensor } from '../../lib/index.js';
import { clusters, smallModel } from './problems.js';

const all = data.from(clusters(20, 8, 3));
const near = (a: readonly number[], b: readonly number[]): void => {
  expect(a.length).toBe(b.length);
  a.forEach((value, i) => expect(value).toBeCloseTo(b[i] ?? NaN, 5));
};

describe('inspect', () => {
  it('gives what each layer gives, and gradients that the chain rule joins', async () => {
    const model = smallModel();
    const { layers, parameters, loss } = await model.inspect(all);
    expect([...layers.keys()]).toEqual(['0', '1', '2', '']);
    expect(loss).toBeCloseTo((await model.evaluate(all)).loss ?? NaN, 6);
    near([...(layers.get('')?.activation.data() ?? [])], [...(await model.predict(all)).data()]);
    // dz/dW = (dz/dx²)ᵀ x¹ in PyTorch's layout [out, in]; dz/db is the column sums.
    const upper = layers.get('2')?.gradient;
    const below = layers.get('1')?.activation;
    near(
      [...(parameters.get('2.weight')?.data() ?? [])],
      [
        ...(upper
          ?.transpose([1, 0])
          .matmul(below as Tensor)
          .data() ?? []),
      ],
    );
    near([...(parameters.get('2.bias')?.data() ?? [])], [...(upper?.sum({ axis: 0 }).data() ?? [])]);
  });

  it('gives the layers named, refuses others, and leaves the model as it is', async () => {
    const model = smallModel();
    const state = (await model.stateDict()).get('0.weight')?.toArray();
    expect([...(await model.inspect(all, { layers: ['1'], training: false })).layers.keys()]).toEqual(['1']);
    await expect(model.inspect(all, { layers: ['tanh'] })).rejects.toThrow("module that gives a tensor, got 'tanh'");
    await expect(new Model(nn.sequential(nn.linear(8, 3))).inspect(all)).rejects.toThrow('expected a model with a loss');
    expect((await model.stateDict()).get('0.weight')?.toArray()).toEqual(state);
  });
});

it('predict gives the features of a layer, in batches', async () => {
  const encoder = nn.sequential(nn.linear(8, 5), nn.tanh());
  const options = { loss: losses.softmaxCrossEntropy(), optimizer: optim.adam() };
  const model = new Model(nn.sequential(encoder, nn.linear(5, 3)), options);
  const features = await model.predict(all, { layer: '0', batchSize: 7 });
  expect(features.shape).toEqual([20, 5]);
  near([...features.data()], [...(await new Model(encoder, options).predict(all)).data()]);
  await expect(model.predict(all, { layer: 'encoder' })).rejects.toThrow("got 'encoder'");
});

it('summary counts the floating-point operations of a sample', () => {
  // 2·8·16 + 16 of the first layer, 16 of tanh, 2·16·3 + 3 of the second.
  expect(smallModel().summary([8])).toContain('387 FLOPs a sample');
  expect(smallModel().summary([8])).toMatch(/^0 +linear\(8, 16\) .* 272$/mu);
  // 2·9·2 a pixel and channel, and 1 for the bias.
  const images = new Model(nn.sequential(nn.conv2d(2, 4, 3, { padding: 1 })));
  expect(images.summary([5, 5, 2])).toContain(`${((2 * 9 * 2 + 1) * 4 * 25).toLocaleString('en')} FLOPs a sample`);
  expect(smallModel().summary()).not.toContain('FLOPs');
  const words = new Model(nn.sequential(nn.embedding(10, 4), nn.flatten(), nn.linear(12, 2)));
  expect(words.summary({ shape: [3], dtype: 'int32' })).toMatch(/^0 +embedding\(10, 4\) +\[batch, 3, 4\] /mu);
});
