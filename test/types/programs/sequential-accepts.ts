import { nn, type Tensor } from 'ravine';

// Neighbours fit.
const mlp: nn.Module = nn.sequential(nn.linear(784, 512), nn.relu(), nn.linear(512, 256), nn.relu(), nn.linear(256, 10));

// What the compiler does not know passes: plain numbers …
declare const width: number;
nn.sequential(nn.linear(784, width), nn.linear(256, 10));
nn.sequential(nn.linear(784, 512), nn.linear(width, 10));

// … one of several literals that may fit …
declare const either: 128 | 256;
nn.sequential(nn.linear(784, either), nn.linear(256, 10));

// … spread lists …
const blocks = [nn.linear(64, 64), nn.relu()];
nn.sequential(...blocks);
nn.sequential(nn.linear(784, 512), ...blocks, nn.linear(256, 10));

// … and modules without a declared shape.
class Residual extends nn.Module {
  constructor(readonly body: nn.Module) {
    super();
  }
  forward(x: Tensor) {
    return x.add(this.body.forward(x));
  }
}
nn.sequential(nn.linear(784, 512), new Residual(nn.linear(3, 3)), nn.linear(256, 10));
nn.sequential(
  nn.linear(784, 512),
  nn.lambda((x) => x),
  nn.linear(256, 10),
);
nn.sequential(nn.linear(784, 512), mlp, nn.linear(256, 10));

// Layers that keep features.
nn.sequential(
  nn.linear(4, 8),
  nn.tanh(),
  nn.sigmoid(),
  nn.dropout(0.5),
  nn.identity(),
  nn.softmax(),
  nn.logSoftmax(),
  nn.linear(8, 2),
);

// Axes before the last are flattened to a number that the compiler does not know.
nn.sequential(nn.linear(4, 8), nn.flatten(), nn.linear(32, 2));

// Pooling keeps channels, whatever the lengths become.
nn.sequential(nn.linear(3, 16), nn.maxPool2d(2), nn.avgPool2d([2, 1], { stride: 1 }), nn.adaptiveAvgPool2d(4), nn.linear(16, 8));
nn.sequential(nn.linear(3, 16), nn.maxPool1d(2), nn.globalAvgPool(), nn.linear(16, 8));

// What surrounds, enlarges or drops keeps channels too; a table of vectors and a new shape give features.
nn.sequential(nn.linear(3, 16), nn.zeroPad2d(1), nn.upsample(2, { mode: 'bilinear' }), nn.dropout2d(0.1), nn.linear(16, 8));
nn.sequential(nn.embedding(100, 12), nn.dropout1d(), nn.linear(12, 8));
nn.sequential(nn.linear(3, 84), nn.reshape([4, 21]), nn.linear(21, 8), nn.reshape([-1]), nn.linear(5, 2));

// Skip connections.
nn.sequential(nn.linear(3, 16), nn.residual(nn.sequential(nn.linear(16, 4), nn.relu(), nn.linear(4, 16))), nn.linear(16, 8));
nn.sequential(nn.linear(3, 16), nn.residual(nn.linear(16, 8), nn.linear(16, 8)), nn.linear(8, 8));

// Convolutions: channels are known, heights and widths are not.
nn.sequential(
  nn.conv2d(3, 16, 3, { padding: 'same' }),
  nn.relu(),
  nn.maxPool2d(2),
  nn.depthwiseConv2d(16, 3),
  nn.convTranspose2d(16, 8, 2, { stride: 2 }),
  nn.flatten(),
  nn.linear(1568, 10),
);
nn.sequential(nn.conv1d(4, 8, 3), nn.conv1d(8, 8, 3, { groups: 2 }));

// Nested, empty, and long.
const inner = nn.sequential(nn.linear(512, 256), nn.relu());
nn.sequential(nn.linear(784, 512), inner, nn.sequential(nn.linear(256, 10), nn.sequential()));
nn.sequential();
const layers = nn.sequential(nn.linear(2, 3), nn.relu()).layers;
const first: nn.Linear<2, 3> = layers[0];

// A layer of one's own may declare its rule.
interface HalveRule extends nn.ShapeRule {
  readonly output: this['input'] extends readonly [...infer Lead extends number[], 8]
    ? readonly [...Lead, 4]
    : readonly [...number[], number];
}
class Halve extends nn.Module {
  declare readonly [nn.shapeRule]: HalveRule;
  override forward(x: Tensor): Tensor {
    return x;
  }
}
nn.sequential(nn.linear(2, 8), new Halve(), nn.linear(4, 1));
