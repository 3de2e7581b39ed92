// The convolutional networks that the benches train, layer for layer those of the peers' scripts.

import { add, nn, relu } from '../dist/index.js';

function cnn(dtype) {
  return nn.sequential(
    nn.conv2d(1, 32, 3, { padding: 1, dtype }),
    nn.batchNorm(32, { dtype }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.conv2d(32, 64, 3, { padding: 1, dtype }),
    nn.batchNorm(64, { dtype }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.linear(64 * 49, 128, { dtype }),
    nn.relu(),
    nn.linear(128, 10, { dtype }),
  );
}

/** He et al. 2015: two 3 × 3 convolutions beside a shortcut, which is a 1 × 1 convolution where the shape changes. */
class Block extends nn.Module {
  constructor(into, out, stride, dtype) {
    super();
    this.c1 = nn.conv2d(into, out, 3, { stride, padding: 1, bias: false, dtype });
    this.b1 = nn.batchNorm(out, { dtype });
    this.c2 = nn.conv2d(out, out, 3, { padding: 1, bias: false, dtype });
    this.b2 = nn.batchNorm(out, { dtype });
    this.sc =
      stride !== 1 || into !== out
        ? nn.sequential(nn.conv2d(into, out, 1, { stride, bias: false, dtype }), nn.batchNorm(out, { dtype }))
        : nn.identity();
  }

  forward(x) {
    const y = relu(this.b1.forward(this.c1.forward(x)));
    return relu(add(this.b2.forward(this.c2.forward(y)), this.sc.forward(x)));
  }
}

function resnet20(dtype) {
  const layers = [nn.conv2d(3, 16, 3, { padding: 1, bias: false, dtype }), nn.batchNorm(16, { dtype }), nn.relu()];
  let channels = 16;
  for (const [out, stride] of [
    [16, 1],
    [32, 2],
    [64, 2],
  ])
    for (let i = 0; i < 3; i++) {
      layers.push(new Block(channels, out, i === 0 ? stride : 1, dtype));
      channels = out;
    }
  return nn.sequential(...layers, nn.adaptiveAvgPool2d(1), nn.flatten(), nn.linear(64, 10, { dtype }));
}

export const networks = { cnn, resnet20 };
