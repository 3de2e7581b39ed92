/** |got − want| ≤ relative·|want| + absolute·scale; the scale is the largest |want| of the tensor, at least 1, unless a test says otherwise. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}
type ByType = Readonly<Record<'float32' | 'float64', Tolerance>>;

const exact: ByType = { float32: { relative: 0, absolute: 0 }, float64: { relative: 0, absolute: 0 } };
const rounded: ByType = {
  float32: { relative: 2 ** -21, absolute: 2 ** -21 },
  float64: { relative: 1e-12, absolute: 4e-15 },
};

/** What tests of golden values allow, by op. README.md says why. */
export const tolerances = {
  linear: exact,
  conv: exact,
  convTranspose: exact,
  maxPool: exact,
  zeroPad: exact,
  activations: { float32: rounded.float32, float64: { relative: 1e-12, absolute: 1e-15 } },
  avgPool: rounded,
  upsample: rounded,
  batchNorm: { ...rounded, float32: { relative: 2 ** -21, absolute: 2 ** -17 } },
  runningStatistics: rounded,
  layerNorm: rounded,
  rmsNorm: rounded,
  groupNorm: rounded,
  instanceNorm: rounded,
  weightNorm: rounded,
  losses: rounded,
  embedding: exact,
  siamese: rounded,
} as const satisfies Readonly<Record<string, ByType>>;

/** States that go to PyTorch and back: by the largest output. */
export const roundTrip = { float32: 1e-6, float64: 1e-12 } as const;

/** Parameters after 200 steps, relative, at least by 1e-3. */
export const trajectories = 1e-12;

/** Learning rates, of which the largest is 1. */
export const schedules = 1e-15;

/** scikit-learn's numbers for sparse data, by the largest. */
export const sparse = {
  weights: 1e-6,
  idf: 1e-14,
  descent: 3e-5,
  shrunk: 2e-2,
  shrunkIntercepts: 1e-2,
  dual: 1e-4,
  dualIntercepts: 1e-3,
} as const;

/** scikit-learn's logistic regression at its minimum, with `tolerance` 1e-14; and with the default. */
export const logisticRegression = { minimised: 1e-10, byDefault: 1e-6 } as const;

/** scikit-learn's metrics, digits behind the point for `toBeCloseTo`: quotients of sums, and an area from ranks. */
export const metrics = { classification: 12, areas: 14 } as const;
