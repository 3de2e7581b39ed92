import { RavineError, describe } from '../errors.js';

export interface FlatLeaves {
  /** Numbers, or typed arrays of one length, row-major. */
  readonly leaves: readonly unknown[];
  readonly shape: readonly number[];
  /** True where the leaves are typed arrays: the last axis is theirs. */
  readonly ofArrays: boolean;
}

/** Nested arrays level by level. What is ragged or no number is refused by its place: `x[3][17]`. */
export function flattenNested(where: string, name: string, value: readonly unknown[]): FlatLeaves {
  const shape = [value.length];
  let leaves = value;
  for (let first = leaves[0]; Array.isArray(first); first = leaves[0]) {
    const { length } = first;
    refuseWhere(leaves, (row) => !Array.isArray(row) || row.length !== length, `an array of ${length}`);
    leaves = leaves.flat(1);
    shape.push(length);
    if (leaves.length !== shape.reduce((a, b) => a * b, 1)) throw new RavineError('data', where, `${name} has holes`);
  }
  const [first] = leaves;
  if (ArrayBuffer.isView(first)) {
    const length = lengthOf(first);
    refuseWhere(leaves, (row) => !ArrayBuffer.isView(row) || lengthOf(row) !== length, `a typed array of ${length}`);
    return { leaves, shape: [...shape, length], ofArrays: true };
  }
  refuseWhere(leaves, (leaf) => typeof leaf !== 'number', 'a number');
  return { leaves, shape, ofArrays: false };

  function refuseWhere(items: readonly unknown[], isBad: (item: unknown) => boolean, expected: string): void {
    const bad = items.findIndex(isBad);
    if (bad >= 0)
      throw new RavineError(
        'data',
        where,
        `expected ${name}${placeOf(bad, shape)} to be ${expected}, got ${describe(items[bad])}`,
      );
  }
}

/** `[row][column]…` of a position. */
export function placeOf(position: number, shape: readonly number[]): string {
  let rest = position;
  return shape
    .toReversed()
    .map((length) => {
      const index = rest % length;
      rest = Math.floor(rest / length);
      return `[${index}]`;
    })
    .reverse()
    .join('');
}

function lengthOf(view: ArrayBufferView): number {
  return 'length' in view && typeof view.length === 'number' ? view.length : view.byteLength;
}
