import { cast } from '../ops/cast.js';
import { square, sub } from '../ops/elementwise.js';
import { sameShape } from '../shape.js';
import { elementsPerSample, refuseShapes, sumAt, weightedSum, type Metric } from './metric.js';

/** Of Σy² and (Σy)²/n, relative: 60,000 equal numbers leave less. */
const rounding = 1e-13;

/**
 * 1 − Σ(y − x)²/Σ(y − ȳ)², the share of the targets' variance that predictions [n] or [n, 1] explain; 0 for predicting their mean. Sums are in
 * float64, since Σ(y − ȳ)² = Σy² − (Σy)²/n cancels. Where all targets are equal it is 1 for exact predictions, else 0.
 */
export function rSquared(): Metric {
  return {
    name: 'r_squared',
    sums: 3,
    accumulate(prediction, target, sampleWeight) {
      if (!sameShape(prediction.shape, target.shape) || elementsPerSample(prediction) !== 1)
        refuseShapes('rSquared', 'one output a sample, and targets of that shape', prediction, target);
      const [x, y] = [cast(prediction, 'float64'), cast(target, 'float64')];
      return [square(sub(y, x)), y, square(y)].map((part) => weightedSum('rSquared', part, sampleWeight));
    },
    result(sums, samples) {
      const [residual, total, squares] = [sumAt(sums, 0), sumAt(sums, 1), sumAt(sums, 2)];
      const spread = squares - (total * total) / samples;
      if (spread <= rounding * squares) return residual === 0 ? 1 : 0;
      return 1 - residual / spread;
    },
  };
}
