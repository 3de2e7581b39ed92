import { createReadStream } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { RavineError, describe } from '../errors.js';
import { fileError } from '../io/atomic.js';
import { isArray } from '../ops/check.js';
import { boolean, checkNames, nearest, oneOf } from '../options.js';
import { CategoryColumn, NumberColumn, badCell, type CategoryEncoding, type ColumnReader } from './csv-columns.js';
import { CsvParser, type CsvRecord } from './csv-records.js';
import { TargetColumn } from './csv-target.js';
import { Dataset, type Field } from './dataset.js';
import { from } from './from.js';

/** How a column of names is encoded, and, where that is to be fixed, which names there are. */
export type CategoryOption = CategoryEncoding | { readonly encoding: CategoryEncoding; readonly names: readonly string[] };

export interface CsvOptions {
  /** Whether the first line names the columns, or their names. Default true. */
  readonly header?: boolean | readonly string[];
  /** Default ','. */
  readonly delimiter?: string;
  /** The column of targets, by name; without one there is no `y`. */
  readonly target?: string;
  /** 'class': int32 class numbers; 'number': floats [samples, 1]. Default: 'number' where a cell has a decimal point or exponent, else 'class'. */
  readonly targetType?: 'class' | 'number';
  /** Columns of `x`, in this order. Default: all but the target. */
  readonly columns?: readonly string[];
  /** Columns of names. A column that is not listed here must hold numbers. */
  readonly categories?: Readonly<Record<string, CategoryOption>>;
  /** What to do about missing cells: refuse, leave the row out, take the column's mean or a number. A missing name is a name of its own. Default 'error'. */
  readonly missing?: 'error' | 'drop' | 'mean' | number;
  /** Cells that count as missing. Default '', 'NA', 'N/A', 'NaN', 'nan', 'null', '?'. */
  readonly missingValues?: readonly string[];
  /** Default 'float32'. */
  readonly dtype?: 'float32' | 'float64';
}

/** Samples from a CSV file, and what its columns are called. */
export class CsvDataset extends Dataset {
  constructor(
    fields: Iterable<Field>,
    /** A name for each feature of `x`; `color=red` for a column of 0 and 1. */
    readonly columns: readonly string[],
    /** Names by column, in the order of their codes. */
    readonly categories: ReadonlyMap<string, readonly string[]>,
    /** The target's names in the order of their class numbers, where it has names. */
    readonly classes: readonly string[] | undefined,
  ) {
    super(where, fields);
  }
}

const where = 'data.csv';
const known = ['header', 'delimiter', 'target', 'targetType', 'columns', 'categories', 'missing', 'missingValues', 'dtype'];
const missingByDefault = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', '?'];

/**
 * Samples from a file of comma-separated values (RFC 4180, UTF-8), read piece by piece: x [samples, features] in floats and, with a target, y. Errors name
 * line and column.
 */
export async function csv(path: string, options: CsvOptions = {}): Promise<CsvDataset> {
  checkOptions(options);
  const table = new Table(path, options);
  const parser = new CsvParser(path, options.delimiter ?? ',');
  const source = createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 });
  try {
    let isFirst = true;
    for await (const piece of source as AsyncIterable<string>) {
      const text = isFirst ? piece.replace(/^\uFEFF/, '') : piece;
      isFirst = false;
      for (const record of parser.push(text)) table.push(record);
    }
    for (const record of parser.finish()) table.push(record);
  } catch (error) {
    if (error instanceof RavineError) throw error;
    throw await fileError(where, `cannot read ${path}`, error);
  } finally {
    source.destroy();
  }
  return table.finish();
}

function checkOptions(options: CsvOptions): void {
  checkNames(where, options, known);
  const { header = true, delimiter = ',', missing = 'error', categories = {} } = options;
  if (!isArray(header)) boolean(where, 'header', header);
  if (typeof delimiter !== 'string' || delimiter.length !== 1 || ['"', '\n', '\r'].includes(delimiter))
    throw new RavineError(
      'option',
      where,
      `expected delimiter to be one character, not a quote or a line end, got ${describe(delimiter)}`,
    );
  if (typeof missing !== 'number' || !Number.isFinite(missing)) oneOf(where, 'missing', missing, ['error', 'drop', 'mean']);
  oneOf(where, 'targetType', options.targetType ?? 'class', ['class', 'number']);
  oneOf(where, 'dtype', options.dtype ?? 'float32', ['float32', 'float64']);
  for (const [name, option] of Object.entries(categories)) encodingOf(name, option);
}

function encodingOf(name: string, option: CategoryOption): { encoding: CategoryEncoding; names?: readonly string[] } {
  const at = `categories.${name}`;
  if (typeof option !== 'object') return { encoding: oneOf(where, at, option, ['codes', 'oneHot']) };
  checkNames(`${where} ${at}`, option, ['encoding', 'names']);
  if (!isArray(option.names))
    throw new RavineError('option', where, `expected ${at}.names to be a list, got ${describe(option.names)}`);
  return { encoding: oneOf(where, `${at}.encoding`, option.encoding, ['codes', 'oneHot']), names: option.names };
}

/** The columns of a file while it is read. */
class Table {
  #names: readonly string[] | undefined;
  #readers: readonly { readonly place: number; readonly reader: ColumnReader }[] = [];
  #target: TargetColumn | undefined;
  #targetPlace = -1;
  #rows = 0;
  readonly #missing: ReadonlySet<string>;

  constructor(
    readonly path: string,
    readonly options: CsvOptions,
  ) {
    this.#missing = new Set(options.missingValues ?? missingByDefault);
    if (isArray(options.header)) this.#start(options.header);
  }

  push({ line, fields }: CsvRecord): void {
    if (!this.#names) {
      const isHeader = this.options.header !== false;
      this.#start(isHeader ? fields.map((name) => name.trim()) : fields.map((_, i) => String(i)));
      if (isHeader) return;
    }
    const names = this.#names ?? [];
    if (fields.length !== names.length)
      throw new RavineError('format', where, `${this.path}, line ${line}: expected ${names.length} fields, got ${fields.length}`);
    const cells = fields.map((text) => (this.#missing.has(text.trim()) ? undefined : text));
    if (this.#skips(line, cells)) return;
    for (const { place, reader } of this.#readers) reader.push(cells[place], { path: this.path, line, column: reader.name });
    this.#target?.push(cells[this.#targetPlace] ?? '', { path: this.path, line, column: this.#target.name });
    this.#rows++;
  }

  /** Whether a row is left out for what is missing in it; refuses what may not be missing. A target never may, but where rows are left out. */
  #skips(line: number, cells: readonly (string | undefined)[]): boolean {
    const { missing = 'error' } = this.options;
    const target = this.#target && cells[this.#targetPlace] === undefined ? this.#target.name : undefined;
    const column = target ?? this.#readers.find(({ place }) => cells[place] === undefined)?.reader.name;
    if (column === undefined) return false;
    if (missing === 'drop') return true;
    if (missing !== 'error' && column !== target) return false;
    throw badCell({ path: this.path, line, column }, 'the cell is missing', "leave such rows out: { missing: 'drop' }");
  }

  #start(names: readonly string[]): void {
    const { target, columns = names.filter((name) => name !== target), categories = {}, missing, dtype } = this.options;
    names.forEach((name, i) => {
      if (names.indexOf(name) !== i)
        throw new RavineError('format', where, `${this.path} has two columns ${JSON.stringify(name)}`);
    });
    this.#names = names;
    for (const name of Object.keys(categories)) this.#placeOf(name);
    const fill = missing === 'mean' || typeof missing === 'number' ? missing : 0;
    const largest = dtype === 'float64' ? Number.MAX_VALUE : 3.4028234663852886e38;
    this.#readers = columns.map((name) => {
      const option = Object.hasOwn(categories, name) ? categories[name] : undefined;
      const { encoding, names: allowed } = option === undefined ? {} : encodingOf(name, option);
      const reader = encoding ? new CategoryColumn(name, encoding, allowed) : new NumberColumn(name, fill, largest);
      return { place: this.#placeOf(name), reader };
    });
    if (target === undefined) return;
    this.#targetPlace = this.#placeOf(target);
    this.#target = new TargetColumn(target, this.options.targetType, dtype ?? 'float32');
  }

  #placeOf(name: string): number {
    const names = this.#names ?? [];
    const place = names.indexOf(name);
    if (place >= 0) return place;
    const near = nearest(String(name), names);
    throw new RavineError('option', where, `${this.path} has no column ${describe(name)}`, {
      help: near === undefined ? `columns: ${names.join(', ')}` : `did you mean ${JSON.stringify(near)}?`,
    });
  }

  async finish(): Promise<CsvDataset> {
    if (this.#rows === 0) throw new RavineError('format', where, `${this.path} has no rows of data`);
    const readers = this.#readers.map(({ reader }) => reader);
    const columns = readers.flatMap(({ outputs }) => outputs);
    const x = new (this.options.dtype === 'float64' ? Float64Array : Float32Array)(this.#rows * columns.length);
    let at = 0;
    for (const reader of readers) {
      reader.write(x, columns.length, at);
      at += reader.outputs.length;
      await setImmediate();
    }
    const target = this.#target?.finish();
    const { fields } = from({ x: { data: x, shape: [this.#rows, columns.length] }, ...(target && { y: target.y }) });
    const named = readers.flatMap((reader) => (reader instanceof CategoryColumn ? [[reader.name, reader.names] as const] : []));
    return new CsvDataset(fields.values(), columns, new Map(named), target?.classes);
  }
}
