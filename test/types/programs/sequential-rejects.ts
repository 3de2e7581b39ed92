import { nn, type Tensor } from 'ravine';

// expect-error: linear(256, 10) expects 256 features, the layer before it gives 512 @ nn.linear(256, 10)
nn.sequential(nn.linear(784, 512), nn.linear(256, 10));

// expect-error: linear(256, 10) expects 256 features, the layer before it gives 512 @ nn.linear(256, 10)
const network = nn.sequential(nn.linear(784, 512), nn.relu(), nn.dropout(0.1), nn.tanh(), nn.linear(256, 10), nn.relu());

const last = nn.linear(5, 1);
// expect-error: linear(5, 1) expects 5 features, the layer before it gives 4 @ last
nn.sequential(nn.linear(3, 4), last);

// Pooling keeps channels, and global pooling leaves nothing but channels.
// expect-error: linear(8, 1) expects 8 features, the layer before it gives 16 @ nn.linear(8, 1)
nn.sequential(nn.linear(3, 16), nn.maxPool2d(2), nn.adaptiveAvgPool2d(1), nn.linear(8, 1));
// expect-error: linear(8, 1) expects 8 features, the layer before it gives 16 @ nn.linear(8, 1)
nn.sequential(nn.linear(3, 16), nn.globalMaxPool(), nn.flatten(), nn.linear(8, 1));

// A table of vectors, a new shape, skip connections.
// expect-error: linear(8, 1) expects 8 features, the layer before it gives 12 @ nn.linear(8, 1)
nn.sequential(nn.embedding(100, 12), nn.zeroPad1d(1), nn.linear(8, 1));
// expect-error: linear(8, 1) expects 8 features, the layer before it gives 21 @ nn.linear(8, 1)
nn.sequential(nn.reshape([4, 21]), nn.linear(8, 1));
const narrowing = nn.residual(nn.linear(16, 8));
// expect-error: residual() adds 8 features of its body to 16 of its shortcut @ narrowing
nn.sequential(nn.linear(3, 16), narrowing);
const wide = nn.residual(nn.linear(16, 8), nn.linear(9, 8));
// expect-error: linear(9, 8) expects 9 features, the layer before it gives 16 @ wide
nn.sequential(nn.linear(3, 16), wide);
const block = nn.residual(nn.sequential(nn.linear(16, 4), nn.linear(4, 16)));
// expect-error: linear(8, 1) expects 8 features, the layer before it gives 16 @ nn.linear(8, 1)
nn.sequential(nn.linear(3, 16), block, nn.linear(8, 1));

// Inside of a nested chain, at the inner argument.
// expect-error: linear(9, 2) expects 9 features, the layer before it gives 4 @ nn.linear(9, 2)
nn.sequential(nn.linear(3, 4), nn.sequential(nn.linear(4, 4), nn.linear(9, 2)));

// A chain against what stands before it, and what stands after it.
const inner = nn.sequential(nn.relu(), nn.linear(512, 256));
// expect-error: linear(512, 256) expects 512 features, the layer before it gives 500 @ inner
nn.sequential(nn.linear(784, 500), inner);
// expect-error: linear(255, 10) expects 255 features, the layer before it gives 256 @ nn.linear(255, 10)
nn.sequential(inner, nn.sequential(), nn.linear(255, 10));

// The features are known again after a layer that hid them.
declare const width: number;
// expect-error: linear(6, 1) expects 6 features, the layer before it gives 7 @ nn.linear(6, 1)
nn.sequential(nn.linear(3, width), nn.linear(5, 7), nn.linear(6, 1));

// Options do not hide them.
// expect-error: linear(6, 1) expects 6 features, the layer before it gives 7 @ nn.linear(6, 1)
nn.sequential(nn.linear(3, 7, { bias: false }), nn.linear(6, 1));

// The 24th layer is checked as the second.
// expect-error: linear(99, 1) expects 99 features, the layer before it gives 24 @ nn.linear(99, 1)
nn.sequential(
  nn.linear(1, 2),
  nn.linear(2, 3),
  nn.linear(3, 4),
  nn.linear(4, 5),
  nn.linear(5, 6),
  nn.linear(6, 7),
  nn.linear(7, 8),
  nn.linear(8, 9),
  nn.linear(9, 10),
  nn.linear(10, 11),
  nn.linear(11, 12),
  nn.linear(12, 13),
  nn.linear(13, 14),
  nn.linear(14, 15),
  nn.linear(15, 16),
  nn.linear(16, 17),
  nn.linear(17, 18),
  nn.linear(18, 19),
  nn.linear(19, 20),
  nn.linear(20, 21),
  nn.linear(21, 22),
  nn.linear(22, 23),
  nn.linear(23, 24),
  nn.linear(99, 1),
);

// Channels.
// expect-error: conv2d(32, 64) expects 32 channels, the layer before it gives 16 @ nn.conv2d(32, 64, 3)
nn.sequential(nn.conv2d(3, 16, 3), nn.relu(), nn.conv2d(32, 64, 3));
// expect-error: convTranspose1d(8, 4) expects 8 channels, the layer before it gives 6 @ nn.convTranspose1d(8, 4, 2)
nn.sequential(nn.conv1d(3, 6, 3), nn.convTranspose1d(8, 4, 2));

// What is no layer.
// expect-error: is not assignable to parameter of type @ 512
nn.sequential(nn.linear(784, 512), 512);
// expect-error: is not assignable to parameter of type @ [nn.relu()]
nn.sequential([nn.relu()]);

// A rule of one's own that refuses.
type OutputOfOnly8<Input> = Input extends readonly [...number[], infer Features extends number]
  ? Features extends 8
    ? Input
    : nn.Mismatch<`only8 expects 8 features, the layer before it gives ${Features}`, readonly [...number[], 8]>
  : readonly [...number[], 8];
interface Only8Rule extends nn.ShapeRule {
  readonly output: OutputOfOnly8<this['input']>;
}
declare class Only8 extends nn.Module {
  readonly [nn.shapeRule]: Only8Rule;
  override forward(x: Tensor): Tensor;
}
declare const only8: Only8;
// expect-error: only8 expects 8 features, the layer before it gives 7 @ only8
nn.sequential(nn.linear(2, 7), only8, nn.linear(8, 1));
