/** Philox4x32-10 (Salmon et al. 2011), word by word. */
export function philox(counter: readonly number[], key: readonly number[]): number[] {
  const words = counter.map(BigInt);
  const keys = key.map(BigInt);
  let [a, b, c, d] = [words[0]!, words[1]!, words[2]!, words[3]!];
  let [low, high] = [keys[0]!, keys[1]!];
  for (let round = 0; round < 10; round++) {
    const [left, right] = [a * 0xd2511f53n, c * 0xcd9e8d57n];
    [a, b, c, d] = [(right >> 32n) ^ b ^ low, word(right), (left >> 32n) ^ d ^ high, word(left)];
    [low, high] = [word(low + 0x9e3779b9n), word(high + 0xbb67ae85n)];
  }
  return [a, b, c, d].map(Number);
}

const word = (x: bigint): bigint => BigInt.asUintN(32, x);

const split = (x: number): [number, number] => [x % 2 ** 32, Math.floor(x / 2 ** 32)];

/**
 * The words of a stream at a step, in groups of 64. The key and the upper half of each counter are drawn from
 * (seed, stream, step); word 16 j + i of a group is the
 * j-th of the counter 16 group + i.
 */
export function randomWords(seed: number, stream: number, step: number, groups: number): number[] {
  const [key0, key1, upper0, upper1] = philox([...split(stream), ...split(step)], split(seed)) as [
    number,
    number,
    number,
    number,
  ];
  return Array.from({ length: groups }, (_, group) => {
    const drawn = Array.from({ length: 16 }, (_, i) => philox([...split(16 * group + i), upper0, upper1], [key0, key1]));
    return Array.from({ length: 64 }, (_, place) => drawn[place % 16]?.[Math.floor(place / 16)] ?? NaN);
  }).flat();
}
