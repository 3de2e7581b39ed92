import { RavineError, describe } from '../errors.js';
import { checkNames, oneOf } from '../options.js';
import { Embedding } from './embedding.js';
import { resolveInitializer, uniform, type InitializerLike } from './initializers.js';
import { namedModules } from './naming.js';
import { joinPath, type AnyModule } from './module.js';
import { Parameter } from './parameter.js';

/** How layers are to be initialised; what is left out stays as the layer has it. */
export interface InitializationRules {
  /** Weights of at least two axes: linear, convolutions. */
  readonly weight?: InitializerLike;
  /** Biases that stand beside such a weight. */
  readonly bias?: InitializerLike;
  /** Tables of embeddings. */
  readonly embedding?: InitializerLike;
}

/** Defaults of other frameworks. */
const presets = {
  /** PyTorch: U(±1/√fanIn) for weights and biases, N(0, 1) for embeddings. What layers have unless told otherwise. */
  torch: { weight: 'fanInUniform', bias: 'fanInUniform', embedding: 'standardNormal' },
  /** Keras: Glorot's uniform weights, biases of 0, embeddings U(±0.05). */
  keras: { weight: 'glorotUniform', bias: 'zeros', embedding: uniform(-0.05, 0.05) },
} satisfies Record<string, InitializationRules>;

export type InitializationPreset = keyof typeof presets;

/**
 * Has the layers in a module initialised by a framework's defaults, or by rules of one's own, and gives the module back:
 * `nn.initialize(network, 'keras')`, `nn.initialize(network, { weight: 'orthogonal', bias: 'zeros' })`. Before a model is made of it; weights that have
 * been drawn or loaded are refused. Scales and shifts of normalisations and slopes stay as they are.
 */
export function initialize<M extends AnyModule>(module: M, rules: InitializationPreset | InitializationRules): M {
  const { weight, bias, embedding } = resolveRules(rules);
  for (const [path, child] of namedModules(module)) {
    const own = new Map([...child.members()].filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter));
    const main = own.get('weight');
    if (main === undefined || main.rank < 2) continue;
    if (child instanceof Embedding) {
      if (embedding !== undefined) child.initializeBy(embedding, joinPath(path, 'weight'));
      continue;
    }
    for (const [name, initializer] of [['weight', weight] as const, ['bias', bias] as const]) {
      const parameter = own.get(name);
      if (parameter === undefined || initializer === undefined) continue;
      parameter.initializeBy(resolveInitializer('initialize', initializer), joinPath(path, name));
    }
  }
  return module;
}

function resolveRules(rules: unknown): InitializationRules {
  if (typeof rules === 'string') return presets[oneOf('initialize', 'rules', rules, ['torch', 'keras'])];
  if (typeof rules !== 'object' || rules === null)
    throw new RavineError('option', 'initialize', `expected 'torch', 'keras' or rules, got ${describe(rules)}`);
  checkNames('initialize', rules, ['weight', 'bias', 'embedding']);
  const checked: InitializationRules = rules;
  for (const one of Object.values(checked)) resolveInitializer('initialize', one as InitializerLike);
  return checked;
}
