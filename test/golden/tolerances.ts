/** What tests of golden values allow. README.md says why, for each. */
export const tolerances = {
  roundTrip: { float32: 1e-6, float64: 1e-12 },
} as const;
