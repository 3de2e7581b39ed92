import { applyAll } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { sameShape, sizeOf } from '../shape.js';
import { at, expectDType, expectSameDType, expectShape, expectTensor } from './check.js';
import { ne, select } from './compare.js';
import { isZero } from './constant.js';
import { add, exp, mul, neg, sub } from './elementwise.js';
import { oneHot } from './indexing.js';
import { sum } from './reduce.js';
import { expandDims, reshape } from './reshape.js';
import { logSoftmax, softmax } from './softmax.js';

export interface CrossEntropyAttributes {
  /** Factor of the second output, for a loss that is scaled after. */
  readonly scale: number;
}

/**
 * logits [rows, classes], labels int32 [rows] → loss [rows] = −log p[label] and slope [rows, classes] = (p − one-hot)·scale with p = softmax(logits).
 * The slope is ∂loss/∂logits, made in the same pass.
 */
export const softmaxCrossEntropyOp: Op<CrossEntropyAttributes> = defineOp<CrossEntropyAttributes>({
  name: 'softmaxCrossEntropy',
  infer: (inputs) => {
    const [logits, labels] = [at(inputs, 0), at(inputs, 1)];
    expectDType('softmaxCrossEntropy', 'logits', logits, 'float');
    expectDType('softmaxCrossEntropy', 'labels', labels, 'int32');
    const fits =
      logits.shape.length === 2 &&
      sameShape(labels.shape, logits.shape.slice(0, 1)) &&
      (sizeOf(labels.shape) === 0 || logits.shape[1] !== 0);
    expectShape(fits, 'softmaxCrossEntropy', 'logits [rows, classes] and labels [rows]', inputs);
    return [{ dtype: logits.dtype, shape: labels.shape }, logits];
  },
  // From the loss: dloss·(p − one-hot). From the slope, whose derivative is scale·(diag p − p·pᵀ): scale·p·(dslope − Σ p·dslope).
  gradient: ({ inputs, outputs, cotangents, attributes: { scale } }) => {
    const [dloss, dslope] = [at(cotangents, 0), at(cotangents, 1)];
    const slope = scale === 1 ? at(outputs, 1) : mul(at(outputs, 1), 1 / scale);
    const fromLoss = mul(expandDims(dloss, 1), slope);
    if (isZero(dslope)) return [fromLoss, null];
    const p = softmax(at(inputs, 0));
    const fromSlope = mul(mul(p, scale), sub(dslope, sum(mul(p, dslope), { axis: 1, keepDims: true })));
    return [isZero(dloss) ? fromSlope : add(fromLoss, fromSlope), null];
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { scale }) => {
      const [rows, columns] = [at(at(inputs, 0).shape, 0), at(at(inputs, 0).shape, 1)];
      // A short row's masked store would hold up the load of the next row, which begins in the same 64 bytes: 58 against 24 ns a row.
      return {
        kernel: 'softmax_cross_entropy',
        attributes: [rows, columns, scale],
        ...(columns > 16 && { inPlace: [[1, 0]] as const }),
      };
    },
  },
  definition: (inputs, { scale }) => {
    const logits = at(inputs, 0);
    const target = oneHot(at(inputs, 1), at(logits.shape, 1), { dtype: logits.dtype });
    const logp = logSoftmax(logits);
    const loss = neg(sum(select(ne(target, 0), logp, 0), { axis: 1 }));
    return [loss, mul(sub(exp(logp), target), scale)];
  },
});

/** Both outputs for logits [..., classes] and labels int32 [...]: the loss of each row and its slope ∂loss/∂logits. */
export function softmaxCrossEntropyWithSlope(logits: Tensor, labels: Tensor): { loss: Tensor; slope: Tensor } {
  expectTensor('softmaxCrossEntropy', 'logits', logits);
  expectTensor('softmaxCrossEntropy', 'labels', labels);
  expectShape(
    logits.rank > 0 && sameShape(labels.shape, logits.shape.slice(0, -1)),
    'softmaxCrossEntropy',
    'a label for each row of logits [..., classes]',
    [logits, labels],
  );
  const flat = logits.rank === 2;
  const rows = flat ? logits : reshape(logits, [labels.size, at(logits.shape, logits.rank - 1)]);
  const outputs = applyAll(softmaxCrossEntropyOp, [rows, flat ? labels : reshape(labels, [labels.size])], { scale: 1 });
  const [loss, slope] = [at(outputs, 0), at(outputs, 1)];
  return flat ? { loss, slope } : { loss: reshape(loss, labels.shape), slope: reshape(slope, logits.shape) };
}

/**
 * −log softmax(logits)[label] for each row: logits [..., classes], labels int32 [...] → [...]. Floats. A label outside of 0 … classes − 1 is an error
 * that names it.
 */
export function softmaxCrossEntropyWithLogits(logits: Tensor, labels: Tensor): Tensor {
  return softmaxCrossEntropyWithSlope(logits, labels).loss;
}

/** −Σ target·log softmax(logits) for each row: logits and targets [..., classes] → [...]. Equal dtypes, floats. Targets are probabilities. */
export function softmaxCrossEntropyWithTargets(logits: Tensor, targets: Tensor): Tensor {
  expectTensor('softmaxCrossEntropy', 'logits', logits);
  expectTensor('softmaxCrossEntropy', 'targets', targets);
  expectSameDType('softmaxCrossEntropy', [logits, targets]);
  expectShape(sameShape(logits.shape, targets.shape), 'softmaxCrossEntropy', 'targets of the shape of the logits', [
    logits,
    targets,
  ]);
  return neg(sum(mul(targets, logSoftmax(logits)), { axis: -1 }));
}
