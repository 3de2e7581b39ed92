import { SparseMatrix } from './matrix.js';

/** Grows the arrays of a matrix row by row. */
export class RowBuilder {
  #indices = new Int32Array(1024);
  #values = new Float32Array(1024);
  #entries = 0;
  readonly #offsets = [0];

  add(column: number, value: number): void {
    if (this.#entries === this.#indices.length) {
      const [indices, values] = [this.#indices, this.#values];
      this.#indices = new Int32Array(indices.length * 2);
      this.#values = new Float32Array(indices.length * 2);
      this.#indices.set(indices);
      this.#values.set(values);
    }
    this.#indices[this.#entries] = column;
    this.#values[this.#entries++] = value;
  }

  endRow(): void {
    this.#offsets.push(this.#entries);
  }

  /** `renumber`: the new number of each column, −1 where it is left out. */
  finish(columns: number, renumber?: Int32Array): Promise<SparseMatrix> {
    const kept = renumber === undefined ? this : this.#renumbered(renumber);
    const indices = kept.#indices.subarray(0, kept.#entries);
    return SparseMatrix.from({ columns, offsets: kept.#offsets, indices, values: kept.#values.subarray(0, kept.#entries) });
  }

  #renumbered(renumber: Int32Array): RowBuilder {
    const result = new RowBuilder();
    for (let row = 0; row + 1 < this.#offsets.length; row++) {
      for (let i = this.#offsets[row] ?? 0; i < (this.#offsets[row + 1] ?? 0); i++) {
        const column = renumber[this.#indices[i] ?? 0] ?? -1;
        if (column >= 0) result.add(column, this.#values[i] ?? 0);
      }
      result.endRow();
    }
    return result;
  }
}
