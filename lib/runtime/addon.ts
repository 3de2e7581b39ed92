/** The addon's face, as `native/binding_*.cpp` exports it. Only `runtime/`, `train/` and `sparse/` see it. */

export type Isa = 'scalar' | 'avx2' | 'avx512';

export interface NativeKernel {
  readonly name: string;
  readonly minInputs: number;
  readonly maxInputs: number;
  readonly outputs: number;
  /** Attribute names in order; a last `'...'` takes any number more. */
  readonly attributes: readonly string[];
}

export interface NativeInfo {
  readonly isa: Isa;
  /** All that this machine can run and this build holds. */
  readonly isas: readonly Isa[];
  readonly threads: number;
  readonly gemm: 'openblas' | 'builtin';
  /** Path and configuration line of the BLAS in use, empty for the built-in one. */
  readonly blas: string;
  readonly debug: boolean;
}

export interface NativeCounters {
  readonly liveBytes: number;
  readonly liveBuffers: number;
  readonly livePrograms: number;
  readonly liveLoops: number;
  /** Matrix products run by each provider since load. */
  readonly gemmBuiltin: number;
  readonly gemmBlas: number;
  /** Instructions in whose chunks more than one thread took part. */
  readonly sharedInstructions: number;
  readonly instructions: number;
}

/** 64-byte aligned memory outside of V8, zeroed, reference-counted; a program that is bound to it keeps it alive. */
export interface NativeBuffer {
  readonly byteLength: number;
  /** Copies from any array buffer view (also over a SharedArrayBuffer). */
  write(source: ArrayBufferView, byteOffset: number): void;
  /** Copies into the view's memory, which V8 owns. */
  read(target: ArrayBufferView, byteOffset: number): void;
  /** Copies inside native memory. */
  copyFrom(source: NativeBuffer, sourceOffset: number, byteOffset: number, byteLength: number): void;
  /** Drops this handle's reference; later use throws. */
  dispose(): void;
}

/**
 * A verified program.
 *
 * `code`: [version = 1, values, instructions, parts, slots,
 *   slot × {bytes needed, writable 0|1},
 *   part × {end instruction},
 *   value × {slot, byte offset, dtype 0 f32 | 1 f64 | 2 i32 | 3 u8, elements},
 *   instruction × {kernel, inputs, outputs, attributes, input values…, output values…, attributes…}]
 * Throws a TypeError that names the instruction and the operand when anything does not fit.
 */
export interface NativeProgram {
  /** Resolves every pointer, once. One buffer a slot, each at least as large as the slot needs. */
  bind(buffers: readonly NativeBuffer[], byteOffsets?: readonly number[]): NativeBinding;
}

/** What went wrong in the data: the step was not applied. */
export interface NativeFault {
  readonly fault: 'label' | 'index' | 'non-finite' | 'domain' | 'curvature' | 'convergence';
  readonly instruction: number;
  readonly position: number;
  readonly value: number;
}

export interface NativeBinding {
  /** Runs one part on this thread (with the pool where it is free). Returns the fault, if data caused one. */
  run(part: number): NativeFault | null;
  /** The same on a thread of its own. */
  runAsync(part: number): Promise<NativeFault | null>;
  dispose(): void;
}

export interface LoopSpec {
  /** For a whole batch; its parts run in order, each only if the ones before it raised no fault. */
  readonly full: NativeBinding;
  /** For the short batch at an epoch's end; absent: samples that do not fill a batch are dropped. */
  readonly last?: NativeBinding;
  /** Parts of the program, 0 … parts − 1, that each step runs. */
  readonly parts: number;
  /** Several batches to a step: numbers of parts by when they run, in place of `parts`. */
  readonly accumulate?: {
    readonly batches: number;
    /** Of the step's first batch, and of each after it. */
    readonly first: readonly number[];
    readonly next: readonly number[];
    /** At the step's end: where it has not `samples` samples, after samples/those of the step was written to `scale`; and always. */
    readonly shortened: readonly number[];
    readonly update: readonly number[];
    readonly samples: number;
    readonly scale: { readonly buffer: NativeBuffer; readonly byteOffset: number; readonly dtype: 'float32' | 'float64' };
  };
  /** Parts of `full` that run before the first step, and whenever somebody is to see the parameters: at the end, and before copies are taken. */
  readonly begin?: readonly number[];
  readonly settle?: readonly number[];
  readonly samples: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Ends after that many steps, if epochs do not end it before. */
  readonly steps?: number;
  /** Resume in the middle: batches of the first epoch that have been done. */
  readonly firstBatch: number;
  /** Epoch number that keys the first epoch's permutation; step number of the first step. */
  readonly firstEpoch: number;
  readonly firstStep: number;
  readonly shuffle: boolean;
  readonly seed: number;
  /** Where each step's sample numbers (int32) are written; absent when a feed gives the batches. */
  readonly indices?: { readonly buffer: NativeBuffer; readonly byteOffset: number };
  /** Where each step's scalars are written, row by row from `table` (steps × targets); a table of one row serves every step. */
  readonly scalars?: {
    readonly buffer: NativeBuffer;
    readonly targets: readonly { readonly byteOffset: number; readonly dtype: 'float32' | 'float64' | 'int32' }[];
    readonly table: Float64Array;
  };
  /** Six int32 words: seed (2), step (2), first sample's place in the step (2); low word first. */
  readonly random?: { readonly buffer: NativeBuffer; readonly byteOffset: number };
  /** Scalars read after each step and added up in double, an epoch at a time; a mean is multiplied by the batch's samples first. */
  readonly metrics: readonly {
    readonly buffer: NativeBuffer;
    readonly byteOffset: number;
    readonly dtype: 'float32' | 'float64';
    readonly mean: boolean;
  }[];
  /** What the metrics' sums begin with in the first epoch: those of the batches before `firstBatch`. 0 unless given. */
  readonly firstSums?: Float64Array;
  /** Rows that are copied out after each batch, one after the other. */
  readonly collect?: readonly {
    readonly source: NativeBuffer;
    readonly sourceOffset: number;
    readonly rowBytes: number;
    readonly target: NativeBuffer;
  }[];
  readonly feed?: NativeFeed;
  /** Milliseconds between progress events, at least. 50 unless given. */
  readonly progressMs?: number;
}

export interface LoopProgress {
  readonly epoch: number; // finished epochs of this loop
  readonly batch: number; // finished batches of the running epoch
  readonly steps: number; // finished steps of this loop
  /** Sums of the running epoch so far. */
  readonly metrics: Float64Array;
}

/** How far a loop has come. */
export interface LoopStanding {
  readonly steps: number;
  /** Finished epochs of this loop, and batches of the running one. */
  readonly epoch: number;
  readonly batch: number;
  /** Sums by epoch: epochs run × metrics (the last row may be of a part). */
  readonly metrics: Float64Array;
}

export interface LoopResult extends LoopStanding {
  readonly reason: 'done' | 'stopped' | 'fault';
  /** Native seconds spent in steps. */
  readonly seconds: number;
  readonly fault: NativeFault | null;
}

/** Steps run on a thread of its own; the pool is taken step by step, so that several loops take turns. */
export interface NativeLoop {
  readonly done: Promise<LoopResult>;
  /** Ends after the running step. */
  stop(): void;
  /** Copies at the next step boundary (at once when the loop has ended); resolves to how far it was by then. */
  snapshot(
    copies: readonly { readonly source: NativeBuffer; readonly target: NativeBuffer; readonly bytes: number }[],
  ): Promise<LoopStanding>;
}

/** A ring of batch buffers: JavaScript fills one while native code uses another. */
export interface NativeFeed {
  /** Resolves to the number of a free entry, or to −1 when the loop has ended. */
  acquire(): Promise<number>;
  /** The entry holds `samples` samples; `binding` is the program bound to that entry's buffers. */
  submit(entry: number, binding: NativeBinding, samples: number): void;
  /** No more batches in this epoch; with `finished`, none at all. */
  end(finished: boolean): void;
}

/** Work on a thread of its own. Rejects with an error whose `code` is one of lib/errors.ts, or empty. */
export interface NativeJob<Result> {
  readonly done: Promise<Result>;
  /** Ends early, between rows. */
  stop(): void;
}

/** Compressed sparse rows in native memory, never changed once made. */
export interface NativeSparse {
  readonly rows: number;
  readonly columns: number;
  readonly entries: number;
  readonly bytes: number;
  readonly indexBits: 16 | 32;
  /** Every entry is 1, and none is stored. */
  readonly binary: boolean;
  /** Copies. */
  arrays(): { readonly offsets: Float64Array; readonly columns: Uint32Array; readonly values: Float32Array };
  /** Writes int32 [rows, 2], where rows begin and end, int32 columns and float32 values [entries]. */
  spread(ranges: NativeBuffer, columns: NativeBuffer, values: NativeBuffer): void;
  dispose(): void;
}

export interface NativeRows {
  /** null: the job was stopped. */
  readonly matrix: NativeSparse | null;
  readonly labels: Float64Array;
}

export type SparseLossName = 'hinge' | 'squaredHinge' | 'log' | 'softmax';

interface SparseFitSpec {
  readonly matrix: NativeSparse;
  /** A class a row; with one output 0 stands for −1. */
  readonly labels: Int32Array;
  readonly loss: SparseLossName;
  readonly outputs: number;
  readonly epochs: number;
  readonly alpha: number;
  readonly seed: number;
  /** float32 [columns × outputs] */
  readonly weights: NativeBuffer;
  /** float64; for SGD: intercepts, their averages, steps, η₀, L1 due so far, step of the first average or −1. For dual: intercepts. */
  readonly scalars: NativeBuffer;
}

/** What `startSparse` can do: the spec of each kind of job and its result. */
export interface SparseJobs {
  readonly arrays: {
    readonly spec: {
      readonly rows: number;
      readonly columns: number;
      readonly entries: number;
      readonly offsets: NativeBuffer;
      readonly indices: NativeBuffer;
      readonly index: 'uint16' | 'int32' | 'uint32';
      readonly values?: NativeBuffer;
    };
    readonly result: NativeRows;
  };
  readonly svmlight: {
    readonly spec: { readonly path: string; readonly columns: number; readonly zeroBased: boolean };
    readonly result: NativeRows;
  };
  readonly read: { readonly spec: { readonly path: string; readonly key: Float64Array }; readonly result: NativeRows };
  readonly write: {
    readonly spec: {
      readonly path: string;
      readonly key: Float64Array;
      readonly matrix: NativeSparse;
      readonly labels: Float64Array;
    };
    readonly result: undefined;
  };
  readonly counts: { readonly spec: { readonly matrix: NativeSparse }; readonly result: Float64Array };
  readonly weighted: {
    readonly spec: {
      readonly matrix: NativeSparse;
      readonly scale: Float64Array;
      readonly sublinear: boolean;
      readonly norm: 'none' | 'l1' | 'l2';
    };
    readonly result: NativeRows;
  };
  readonly take: { readonly spec: { readonly matrix: NativeSparse; readonly rows: Int32Array }; readonly result: NativeRows };
  readonly sgd: {
    readonly spec: SparseFitSpec & {
      readonly firstEpoch: number;
      readonly l1Ratio: number;
      /** 0: chosen by trial. */
      readonly eta0: number;
      readonly constant: boolean;
      readonly average: boolean;
      readonly averageFrom: number;
      readonly interceptRate: number;
      readonly shuffle: boolean;
      readonly averages?: NativeBuffer;
      readonly penalties?: NativeBuffer;
    };
    readonly result: {
      readonly losses: Float64Array;
      readonly steps: number;
      readonly seconds: number;
      readonly stopped: boolean;
      /** Step whose score was not finite, or −1. */
      readonly divergedAt: number;
      readonly eta: number;
    };
  };
  readonly dual: {
    readonly spec: SparseFitSpec & { readonly gap: number; readonly intercept: boolean };
    readonly result: {
      readonly gaps: Float64Array;
      readonly objectives: Float64Array;
      readonly passes: Float64Array;
      readonly seconds: number;
      readonly stopped: boolean;
    };
  };
  readonly score: {
    readonly spec: {
      readonly matrix: NativeSparse;
      readonly weights: NativeBuffer;
      readonly intercepts: Float64Array;
      readonly link: 'none' | 'classes' | 'sigmoid' | 'rest' | 'softmax';
    };
    readonly result: NativeBuffer;
  };
}

export interface Addon {
  readonly kernels: readonly NativeKernel[];
  /** Names of the `elementwise` kernel's operations and of the `reduce` kernel's kinds, in the order of their codes. */
  readonly elementwise: readonly string[];
  readonly reductions: readonly string[];
  info(): NativeInfo;
  counters(): NativeCounters;
  setThreads(threads: number): void;
  /** The most bytes that all buffers together may hold; RAVINE_MEMORY_LIMIT or 80 % of what the process may use unless given. */
  setMemoryLimit(bytes: number): void;
  createBuffer(byteLength: number): NativeBuffer;
  createProgram(code: Float64Array): NativeProgram;
  createFeed(entries: number): NativeFeed;
  startLoop(spec: LoopSpec, onProgress: ((progress: LoopProgress) => void) | null): NativeLoop;
  startSparse<Kind extends keyof SparseJobs>(
    spec: { readonly kind: Kind } & SparseJobs[Kind]['spec'],
    onProgress: ((progress: Float64Array) => void) | null,
  ): NativeJob<SparseJobs[Kind]['result']>;
  /** Only in the debug build: writes one byte past a heap block, for the sanitizer's own test. */
  provokeOverflow?(): void;
}
