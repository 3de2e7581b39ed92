import { RavineError, describe } from '../errors.js';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../io/safetensors.js';
import type { NativeBuffer } from '../runtime/addon.js';
import { areClasses, type Label } from './labels.js';
import type { ResolvedOptions, SparseLinearOptions } from './options.js';
import { LinearState } from './state.js';

export interface LoadedLinear {
  readonly options: SparseLinearOptions;
  readonly state: (options: ResolvedOptions) => LinearState;
  readonly classes: readonly Label[];
  readonly epoch: number;
}

const key = 'ravine.sparse-linear';

/** `weight` [outputs, columns] and `bias` [outputs] are what predicts; `state.*` is what training goes on from. */
export async function saveLinear(
  path: string,
  options: ResolvedOptions,
  state: LinearState,
  classes: readonly Label[],
  epoch: number,
): Promise<void> {
  const { columns, outputs } = state;
  const weight = floats(state.effectiveWeights);
  const scalars = state.readScalars();
  const tensors = new Map<string, StoredTensor>([
    ['weight', { dtype: 'float32', shape: [outputs, columns], data: transposed(weight, columns, outputs) }],
    ['bias', { dtype: 'float64', shape: [outputs], data: Float64Array.from(state.effectiveIntercepts()) }],
    ['state.scalars', { dtype: 'float64', shape: [scalars.length], data: Float64Array.from(scalars) }],
  ]);
  if (state.averages) tensors.set('state.weight', { dtype: 'float32', shape: [columns, outputs], data: floats(state.weights) });
  if (state.penalties) {
    const data = new Float64Array(columns * outputs);
    state.penalties.read(data, 0);
    tensors.set('state.penalties', { dtype: 'float64', shape: [columns, outputs], data });
  }
  const { average, averageFrom, ...rest } = options;
  const about = { options: { ...rest, average: averageFrom ?? average }, classes, epoch };
  await writeSafetensors(path, tensors, new Map([[key, JSON.stringify(about)]]), 'SparseLinear.save');
}

export async function loadLinear(path: string): Promise<LoadedLinear> {
  const where = 'SparseLinear.load';
  const { tensors, metadata } = await readSafetensors(path, { where });
  const about = parseAbout(where, path, metadata.get(key));
  const weight = part(where, path, tensors, 'weight', 'float32');
  const scalars = part(where, path, tensors, 'state.scalars', 'float64');
  const [outputs = 0, columns = 0] = weight.shape;
  const expected = about.classes.length === 2 ? 1 : about.classes.length;
  if (weight.shape.length !== 2 || outputs !== expected || scalars.data.length !== 2 * outputs + 4)
    throw new RavineError('format', where, `${path}: its tensors do not fit ${about.classes.length} classes`);
  const flat = transposed(Float32Array.from(weight.data), outputs, columns);
  return {
    ...about,
    state: ({ average, l1Ratio }) => {
      const state = new LinearState(where, columns, outputs, { average, l1: l1Ratio > 0 });
      state.effectiveWeights.write(flat, 0);
      if (state.averages) fill(state.weights, part(where, path, tensors, 'state.weight', 'float32'), where, path);
      if (state.penalties) fill(state.penalties, part(where, path, tensors, 'state.penalties', 'float64'), where, path);
      state.scalars.write(scalars.data, 0);
      return state;
    },
  };
}

function fill(buffer: NativeBuffer, { data }: StoredTensor, where: string, path: string): void {
  if (data.byteLength !== buffer.byteLength)
    throw new RavineError('format', where, `${path}: its state does not fit its weights`);
  buffer.write(data, 0);
}

function part(
  where: string,
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
  dtype: 'float32' | 'float64',
): StoredTensor {
  const found = tensors.get(name);
  if (found?.dtype !== dtype)
    throw new RavineError('format', where, `${path}: expected ${dtype} ${name}, got ${found?.dtype ?? 'nothing'}`, {
      help: 'is this a file that SparseLinear.save wrote?',
    });
  return found;
}

function parseAbout(where: string, path: string, text: string | undefined): Omit<LoadedLinear, 'state'> {
  const refuse = (): never => {
    throw new RavineError('format', where, `${path}: expected the metadata of SparseLinear, got ${describe(text)}`, {
      help: 'is this a file that SparseLinear.save wrote?',
    });
  };
  if (text === undefined) return refuse();
  let about: unknown;
  try {
    about = JSON.parse(text);
  } catch {
    return refuse();
  }
  if (typeof about !== 'object' || about === null || !('options' in about) || !('classes' in about) || !('epoch' in about))
    return refuse();
  const { options, classes, epoch } = about;
  if (typeof options !== 'object' || options === null || !areClasses(classes) || typeof epoch !== 'number') return refuse();
  return { options, classes, epoch };
}

function floats(buffer: NativeBuffer): Float32Array<ArrayBuffer> {
  const data = new Float32Array(buffer.byteLength / 4);
  buffer.read(data, 0);
  return data;
}

function transposed(data: Float32Array<ArrayBuffer>, rows: number, columns: number): Float32Array<ArrayBuffer> {
  if (rows === 1 || columns === 1) return data;
  const result = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = data[i * columns + j] ?? 0;
  return result;
}
