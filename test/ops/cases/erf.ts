/** erf x in double: the Maclaurin series below 3, the continued fraction of the complement (Lentz) above. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const size = Math.abs(x);
  const value = size < 3 ? series(size) : 1 - complement(size);
  return x < 0 ? -value : value;
}

/** 2/√π Σ (−1)ⁿ x^(2n+1) / (n!·(2n + 1)), written without cancellation: 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (1·3·5 … (2n + 1)) */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-18; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** e^(−x²) / (√π·(x + ½/(x + 1/(x + 3⁄2/(x + …))))) */
function complement(x: number): number {
  let fraction = x;
  for (let n = 80; n > 0; n--) fraction = x + n / 2 / fraction;
  return x > 30 ? 0 : Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}
