import { nn } from 'ravine';

// Normalisations and slopes have something for each feature, and keep them.
nn.sequential(nn.linear(3, 16), nn.batchNorm(16), nn.relu(), nn.linear(16, 8), nn.layerNorm(8), nn.linear(8, 2));
nn.sequential(nn.conv2d(3, 8, 3), nn.batchNorm(8), nn.groupNorm(2, 8), nn.instanceNorm(8), nn.conv2d(8, 4, 1), nn.rmsNorm(4));
nn.sequential(nn.linear(3, 8), nn.batchRenorm(8), nn.prelu(), nn.prelu(8), nn.weightNorm(nn.linear(8, 4)), nn.linear(4, 1));
// Plain numbers pass, and what is known behind them is checked.
declare const width: number;
nn.sequential(nn.linear(3, width), nn.batchNorm(16), nn.linear(16, 2));
// Layer normalisation over several axes says nothing of features.
nn.sequential(nn.reshape([4, 5]), nn.layerNorm([4, 5]), nn.linear(5, 2));

// expect-error: batchNorm(8) expects 8 features, the layer before it gives 16 @ nn.batchNorm(8)
nn.sequential(nn.linear(3, 16), nn.batchNorm(8));
// expect-error: batchNorm(3) expects 3 features, the layer before it gives 16 @ nn.batchNorm(3, { momentum: null })
nn.sequential(nn.conv2d(3, 16, 3), nn.batchNorm(3, { momentum: null }));
// expect-error: batchRenorm(8) expects 8 features, the layer before it gives 16 @ nn.batchRenorm(8)
nn.sequential(nn.linear(3, 16), nn.batchRenorm(8));
// expect-error: layerNorm(8) expects 8 features, the layer before it gives 16 @ nn.layerNorm(8)
nn.sequential(nn.linear(3, 16), nn.layerNorm(8));
// expect-error: rmsNorm(8) expects 8 features, the layer before it gives 16 @ nn.rmsNorm(8)
nn.sequential(nn.linear(3, 16), nn.rmsNorm(8));
// expect-error: groupNorm(8) expects 8 features, the layer before it gives 16 @ nn.groupNorm(4, 8)
nn.sequential(nn.conv1d(3, 16, 3), nn.groupNorm(4, 8));
// expect-error: instanceNorm(3) expects 3 features, the layer before it gives 16 @ nn.instanceNorm(3)
nn.sequential(nn.conv2d(3, 16, 3), nn.instanceNorm(3));
// expect-error: prelu(8) expects 8 features, the layer before it gives 16 @ nn.prelu(8)
nn.sequential(nn.linear(3, 16), nn.prelu(8));
// A normalisation keeps the features for what comes behind it.
// expect-error: linear(8, 2) expects 8 features, the layer before it gives 16 @ nn.linear(8, 2)
nn.sequential(nn.linear(3, 16), nn.batchNorm(16), nn.layerNorm(16), nn.linear(8, 2));
// expect-error: conv2d(8, 4) expects 8 channels, the layer before it gives 16 @ nn.conv2d(8, 4, 3)
nn.sequential(nn.conv2d(3, 16, 3), nn.batchNorm(16), nn.relu(), nn.conv2d(8, 4, 3));
// expect-error: linear(8, 4) expects 8 features, the layer before it gives 16 @ nn.weightNorm(nn.linear(8, 4))
nn.sequential(nn.linear(3, 16), nn.weightNorm(nn.linear(8, 4)));

// Channels of every convolution.
// expect-error: conv1d(8, 4) expects 8 channels, the layer before it gives 16 @ nn.conv1d(8, 4, 3)
nn.sequential(nn.conv1d(3, 16, 3), nn.conv1d(8, 4, 3));
// expect-error: conv2d(8, 4) expects 8 channels, the layer before it gives 16 @ nn.conv2d(8, 4, 3, { groups: 2 })
nn.sequential(nn.conv2d(3, 16, 3), nn.maxPool2d(2), nn.conv2d(8, 4, 3, { groups: 2 }));
// expect-error: depthwiseConv2d(8, 8) expects 8 channels, the layer before it gives 16 @ nn.depthwiseConv2d(8, 3)
nn.sequential(nn.conv2d(3, 16, 3), nn.depthwiseConv2d(8, 3));
// expect-error: convTranspose2d(8, 4) expects 8 channels, the layer before it gives 16 @ nn.convTranspose2d(8, 4, 2)
nn.sequential(nn.conv2d(3, 16, 3), nn.convTranspose2d(8, 4, 2));
// expect-error: convTranspose1d(8, 4) expects 8 channels, the layer before it gives 16 @ nn.convTranspose1d(8, 4, 2)
nn.sequential(nn.conv1d(3, 16, 3), nn.upsample(2), nn.convTranspose1d(8, 4, 2));
// expect-error: conv2d(8, 4) expects 8 channels, the layer before it gives 6 @ nn.conv2d(8, 4, 3)
nn.sequential(nn.convTranspose2d(3, 6, 2), nn.conv2d(8, 4, 3));
// expect-error: linear(8, 2) expects 8 features, the layer before it gives 16 @ nn.linear(8, 2)
nn.sequential(nn.conv2d(3, 16, 3), nn.globalAvgPool(), nn.linear(8, 2));
