const low = 0xffffffffn;

/** Philox4x32-10, as it is published (Salmon et al. 2011). */
export function philox4x32(counter: readonly number[], key: readonly number[]): number[] {
  let [c0 = 0n, c1 = 0n, c2 = 0n, c3 = 0n] = counter.map(BigInt);
  let [k0 = 0n, k1 = 0n] = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const first = 0xd2511f53n * c0;
    const second = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(second >> 32n) ^ c1 ^ k0, second & low, (first >> 32n) ^ c3 ^ k1, first & low];
    k0 = (k0 + 0x9e3779b9n) & low;
    k1 = (k1 + 0xbb67ae85n) & low;
  }
  return [c0, c1, c2, c3].map(Number);
}

/** The order of `samples` samples in an epoch, as native/permutation.h documents it. */
export function permutation(samples: number, seed: number, epoch: number): number[] {
  const halves = (x: number) => [x % 2 ** 32, Math.floor(x / 2 ** 32)];
  let words: number[] = [];
  let block = 0;
  const next = () => {
    if (words.length === 0) words = philox4x32([block++, ...halves(epoch), 0x73687566], halves(seed));
    return words.shift() ?? 0;
  };
  const below = (bound: number) => {
    for (;;) {
      const product = BigInt(next()) * BigInt(bound);
      if (Number(product & low) >= 2 ** 32 % bound) return Number(product >> 32n);
    }
  };
  const order = Array.from({ length: samples }, (_, i) => i);
  for (let i = samples - 1; i > 0; i--) {
    const j = below(i + 1);
    [order[i], order[j]] = [order[j] ?? -1, order[i] ?? -1];
  }
  return order;
}
