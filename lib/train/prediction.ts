import { RavineError, describe } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { currentTrace } from '../ir/trace.js';
import type { Tree } from '../ir/tree.js';
import type { AnyModule } from '../nn/module.js';
import type { Batch } from './session.js';

/** What a network that a model trains gives: one tensor, or several by name. */
export type Prediction = Tensor | Readonly<Record<string, Tensor>>;

/** What the network takes: the field x, or a record of the fields `x.<name>`. */
export function inputIn(batch: Batch): Tensor | Readonly<Record<string, Tensor>> {
  const x = batch.get('x');
  if (x) return x;
  const parts = [...batch].filter(([name]) => name.startsWith('x.'));
  if (parts.length > 0) return Object.fromEntries(parts.map(([name, tensor]) => [name.slice(2), tensor]));
  throw new RavineError('data', 'fit', `expected data with 'x', got ${[...batch.keys()].join(', ') || 'nothing'}`);
}

/** Runs the network's forward and checks what comes out. Training refuses inputs that it does not read. */
export function predictIn(network: AnyModule, x: Tree): Prediction {
  if (x instanceof Tensor || Array.isArray(x)) return checkPrediction(network.forward(x));
  const given = Object.keys(x);
  const read = new Set<string>();
  // Optional inputs are those that a forward finds undefined without failing.
  const watched = new Proxy(x, {
    get: (target, name) => {
      if (typeof name === 'string') read.add(name);
      return Reflect.get(target, name) as unknown;
    },
  });
  let prediction: unknown;
  try {
    prediction = network.forward(watched);
  } catch (error) {
    throw explain(error, given, read);
  }
  const unread = given.find((name) => !read.has(name));
  if (unread !== undefined && currentTrace()?.training)
    throw new RavineError('data', 'fit', `the network does not read the input '${unread}'`, {
      help: `leave 'x.${unread}' out of the data; it reads ${[...read].join(', ') || 'nothing'}`,
    });
  return checkPrediction(prediction);
}

/** A forward that failed after it had found an input undefined failed for want of it. */
function explain(error: unknown, given: readonly string[], read: ReadonlySet<string>): unknown {
  const missing = [...read].find((name) => !given.includes(name) && !(name in Object.prototype));
  if (missing === undefined) return error;
  const fields = given.map((name) => `x.${name}`).join(', ');
  if (missing === 'dtype' || missing === 'shape' || missing in Tensor.prototype)
    return new RavineError('data', 'model', `expected data with 'x' for a network that takes one tensor, got ${fields}`);
  return new RavineError('data', 'model', `expected data with 'x.${missing}', which the network reads, got ${fields}`, {
    help: error instanceof Error ? `without it: ${error.message}` : 'data.from({ … })',
  });
}

function checkPrediction(prediction: unknown): Prediction {
  if (prediction instanceof Tensor || isRecord(prediction)) return prediction;
  throw new RavineError(
    'trace',
    'model',
    `expected the network to return a tensor or several by name, got ${describe(prediction)}`,
    {
      help: prediction instanceof Promise ? 'forward must not be async' : 'return { depth, classes }',
    },
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, Tensor>> {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  const members: unknown[] = Object.values(value);
  return members.length > 0 && members.every((member) => member instanceof Tensor);
}

/** The tensors of a prediction; of the only one the name is undefined. */
export function outputsOf(prediction: Prediction): (readonly [string | undefined, Tensor])[] {
  return prediction instanceof Tensor ? [[undefined, prediction]] : Object.entries(prediction);
}
