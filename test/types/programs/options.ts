import { LogisticRegression, losses, metrics, nn, optim } from 'ravine';

nn.linear(2, 3, { bias: false, dtype: 'float64', weightInitializer: 'heNormal', biasInitializer: nn.initializers.zeros });
nn.linear(2, 3, { weightInitializer: nn.uniform(-1, 1) });
optim.sgd({ learningRate: (step, { epoch, stepsPerEpoch }) => 0.1 / (1 + step + epoch + stepsPerEpoch) });
optim.sgd({ learningRate: 0.1, momentum: 0.9, momentumForm: 'torch', nesterov: 'lookahead' });
optim.adam();
optim.clipByGlobalNorm(
  optim.adagrad({ initialAccumulatorValue: 0.1, learningRate: optim.schedules.harmonic({ a: 0.001, b: 10 }) }),
  1,
);
optim.rmsprop({ learningRate: optim.schedules.warmUp(optim.schedules.cosine({ start: 0.1, over: { epochs: 10 } }), 500) });
losses.softmaxCrossEntropy();
metrics.topK(5);
metrics.weighted(metrics.f1Score({ average: 'macro', classes: 10 }));
new LogisticRegression({ penalty: 'none', classWeight: { '-1': 2 }, solver: 'lbfgs' });
new LogisticRegression({ classWeight: 'balanced' });

// expect-error: does not exist in type 'LinearOptions' @ biass
nn.linear(2, 3, { biass: false });
// expect-error: '"heNormall"' is not assignable to type @ weightInitializer
nn.linear(2, 3, { weightInitializer: 'heNormall' });
// expect-error: Type '"float16"' is not assignable to type 'DType | undefined' @ dtype
nn.linear(2, 3, { dtype: 'float16' });
// expect-error: Property 'learningRate' is missing in type '{}' @ {}
optim.sgd({});
// expect-error: does not exist in type 'SgdOptions' @ lr
optim.sgd({ lr: 0.1 });
// expect-error: Type '"keras"' is not assignable to type @ momentumForm
optim.sgd({ learningRate: 0.1, momentumForm: 'keras' });
// expect-error: does not exist in type 'AdamOptions' @ beta
optim.adam({ beta: 0.9 });
// expect-error: does not exist in type '{ readonly epochs: number; }' @ steps
optim.schedules.cosine({ start: 0.1, over: { steps: 10 } });
// expect-error: Property 'b' is missing in type '{ a: number; }' @ { a: 1 }
optim.schedules.harmonic({ a: 1 });
// expect-error: Expected 1 arguments, but got 0 @ topK
metrics.topK();
// expect-error: Type '"l1"' is not assignable to type '"l2" | "none" | undefined' @ penalty
new LogisticRegression({ penalty: 'l1' });
// expect-error: does not exist in type 'ClassMetricOptions' @ averages
metrics.precision({ averages: 'macro' });
