import { RavineError } from '../errors.js';
import { writeSafetensors } from '../io/safetensors.js';
import { formatFacts, optionsText, parseFacts, thisMachine, type CheckpointFacts } from './checkpoint-facts.js';
import { copyBetweenSteps } from './copies.js';
import type { Engine } from './engine.js';
import { checkPath, loadFile, stored, type LoadOptions } from './files.js';
import type { RunningLoop } from './fit.js';
import type { Position } from './position.js';
import { applyState, checkState, collectState, entriesOf, optimizerEntriesOf, type StateDict } from './state.js';

/** Metadata key of all that is not a tensor. */
const factsKey = 'ravine.checkpoint';
/** How the names of parameters and buffers begin in the file, and those of the optimiser's state. */
const prefixes = { model: 'model.', optimizer: 'optimizer.' };

/** Writes everything that the next step depends on, as it is between two steps; training goes on meanwhile. */
export async function saveCheckpoint(
  path: string,
  engine: Engine,
  seed: number,
  position: Position,
  running: RunningLoop | undefined,
): Promise<void> {
  const where = 'saveCheckpoint';
  checkPath(where, path);
  const { optimizer } = engine.parts;
  if (!optimizer)
    throw new RavineError('option', where, 'expected a model with an optimizer', {
      help: 'use save for a model that is not trained',
    });
  const { tensors, at } = await takeState(engine, position, running);
  const births = engine.memory.flat.trainableEntries.map(({ name, rank }) => [name, rank?.birth ?? 0] as const);
  const facts: CheckpointFacts = {
    position: at,
    seed,
    births: Object.fromEntries(births),
    optimizer: { name: optimizer.name, options: optionsText(optimizer.options) },
    machine: thisMachine(),
  };
  try {
    await writeSafetensors(path, stored(tensors), new Map([[factsKey, formatFacts(facts)]]), where);
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
  }
}

async function takeState(
  engine: Engine,
  position: Position,
  running: RunningLoop | undefined,
): Promise<{ tensors: StateDict; at: Position }> {
  const [own, optimizers] = [entriesOf(engine), optimizerEntriesOf(engine)];
  const here = { ...position, logs: [...position.logs] };
  const { copies, standing, dispose } = await copyBetweenSteps(
    [...engine.written(), ...engine.memory.state.values()],
    running?.loop,
  );
  try {
    const named = (prefix: string, state: StateDict) => [...state].map(([name, tensor]) => [prefix + name, tensor] as const);
    const tensors = new Map([
      ...named(prefixes.model, collectState(own, copies)),
      ...named(prefixes.optimizer, collectState(optimizers, copies)),
    ]);
    return { tensors, at: running && standing ? running.positionAt(standing) : here };
  } finally {
    dispose();
  }
}

export interface Checkpoint {
  readonly facts: CheckpointFacts;
  readonly model: StateDict;
  readonly optimizer: StateDict;
  dispose(): void;
}

export async function readCheckpoint(path: string, options: LoadOptions | undefined): Promise<Checkpoint> {
  const where = 'loadCheckpoint';
  const { tensors, metadata } = await loadFile(where, path, options);
  const dispose = (): void => {
    for (const tensor of tensors.values()) tensor.dispose();
  };
  const part = (prefix: string): StateDict =>
    new Map(
      [...tensors].flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [])),
    );
  try {
    const text = metadata.get(factsKey);
    if (text === undefined)
      throw new RavineError('format', where, `${path} is no checkpoint`, { help: 'load reads what save wrote' });
    return { facts: parseFacts(where, path, text), model: part(prefixes.model), optimizer: part(prefixes.optimizer), dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Takes over a checkpoint, if it is one of this network and optimiser; else nothing of it. */
export function restore(engine: Engine, { facts, model, optimizer }: Checkpoint): void {
  const where = 'loadCheckpoint';
  const own = engine.parts.optimizer;
  if (own?.name !== facts.optimizer.name)
    throw new RavineError(
      'format',
      where,
      `expected a checkpoint of ${own ? `the optimizer ${own.name}` : 'a model without an optimizer'}, got one of ${facts.optimizer.name}`,
    );
  engine.refresh(where, facts.position.step, true);
  checkState(where, entriesOf(engine), model);
  checkState(where, optimizerEntriesOf(engine), optimizer, 'this optimizer, with as many parameters frozen');
  engine.layOut(facts.position.step, new Map(Object.entries(facts.births)));
  applyState(entriesOf(engine), model);
  applyState(optimizerEntriesOf(engine), optimizer);
  warnOfDifferences(facts, optionsText(own.options));
}

/** The same seed gives the same bits only with the same build, instruction set and provider of matrix products. */
function warnOfDifferences({ machine, optimizer }: CheckpointFacts, options: string): void {
  const here = thisMachine();
  const differences = (['version', 'isa', 'gemm'] as const)
    .filter((name) => machine[name] !== here[name])
    .map((name) => `${name} ${machine[name]} there, ${here[name]} here`);
  if (optimizer.options !== options) differences.push(`optimizer options ${optimizer.options} there, ${options} here`);
  if (differences.length > 0)
    process.emitWarning(
      `[loadCheckpoint] training will not go on to the bit as it would have where the checkpoint was written: ${differences.join('; ')}`,
      'RavineWarning',
    );
}
