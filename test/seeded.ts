export interface Draw {
  /** Uniform in [0, 1). */
  readonly number: () => number;
  readonly integer: (below: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
}

/** Random numbers and choices from a seed (mulberry32). */
export function drawsFrom(seed: number): Draw {
  let state = seed >>> 0;
  const number = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(number() * below);
  return { number, integer, pick: (list) => list[integer(list.length)]! };
}
