import { checkDType, isFloat, type DType } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import { evaluator, type Storage } from '../ir/evaluator.js';
import { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { withoutTrace } from '../ir/trace.js';
import { boolean, checkNames, numberIn } from '../options.js';
import { checkShape, formatType, sameShape, sizeOf, type Shape } from '../shape.js';
import { resolveInitializer, type Initializer, type InitializerLike } from './initializers.js';

/** How a parameter is shown outside of memory: in `stateDict()` and in files. */
export interface Layout {
  readonly externalShape: Shape;
  readonly toExternal: (inner: Tensor) => Tensor;
  readonly fromExternal: (outer: Tensor) => Tensor;
}

export interface ParameterOptions {
  readonly dtype?: DType;
  readonly initializer?: InitializerLike;
  /** Elements that reach one output, and outputs that one input reaches; the shape's last axis is taken as outputs unless given. */
  readonly fanIn?: number;
  readonly fanOut?: number;
  readonly trainable?: boolean;
  /** A matrix of which a step may move only some rows. Default false. */
  readonly rowwise?: boolean;
  readonly layout?: Layout;
}

const known: readonly (keyof ParameterOptions)[] = ['dtype', 'initializer', 'fanIn', 'fanOut', 'trainable', 'rowwise', 'layout'];

let made = 0;

/** A tensor that training changes. Its elements are drawn when they are first needed, or when `initialize` is called. */
export class Parameter extends Tensor {
  /** Whether training changes it; see also `Module.freeze`. */
  trainable: boolean;
  readonly rowwise: boolean;
  readonly layout: Layout | undefined;
  #initializer: Initializer;
  readonly #fanIn: number;
  readonly #fanOut: number;
  readonly #number = made++;
  #initialized = false;

  constructor(shape: Shape, options: ParameterOptions = {}) {
    const where = 'parameter';
    checkNames(where, options, known);
    const checked = checkShape(where, shape);
    const dtype = checkDType(where, options.dtype ?? 'float32');
    if (!isFloat(dtype)) throw new RavineError('dtype', where, `expected float32 or float64, got ${dtype}`);
    super({ dtype, shape: checked }, { lazy: true });
    this.trainable = boolean(where, 'trainable', options.trainable ?? true);
    this.rowwise = boolean(where, 'rowwise', options.rowwise ?? false);
    this.layout = options.layout;
    this.#initializer = resolveInitializer(where, options.initializer ?? 'fanInUniform');
    this.#fanIn = numberIn(where, 'fanIn', options.fanIn ?? sizeOf(checked.slice(0, -1)), 0);
    this.#fanOut = numberIn(where, 'fanOut', options.fanOut ?? checked.at(-1) ?? 1, 0);
  }

  /** Whether the elements exist: drawn, loaded, or trained. */
  get initialized(): boolean {
    return this.#initialized;
  }

  /** Changes the initializer of a parameter that has no elements yet. */
  initializeBy(initializer: Initializer, name: string): void {
    if (this.#initialized)
      throw new RavineError('option', 'initialize', `'${name}' has its elements already`, {
        help: 'initialize the network before a model is made of it',
      });
    this.#initializer = initializer;
  }

  /** Draws the elements under (seed, name): the same for the same two, whatever else is drawn before. */
  initialize(seed: number, name: string): void {
    this.adopt(this.#draw(seed, name));
  }

  /** Lets the parameter stand for other memory of its type, which from now on holds its elements. */
  adopt(storage: Storage): void {
    this.replaceStorage(storage);
    this.#initialized = true;
  }

  /** A parameter that is used before anything named it: seed 0, told apart by the order in which parameters were made. */
  protected override materialize(): Storage {
    const storage = this.#draw(0, `#${this.#number}`);
    this.#initialized = true;
    return storage;
  }

  /** What the initializer makes on its way is freed; a tensor that it was given stays. */
  #draw(seed: number, name: string): Storage {
    return tidy(() => evaluator().share(this.#drawTensor(seed, name).storage));
  }

  #drawTensor(seed: number, name: string): Tensor {
    const { dtype, shape } = this;
    const drawn = withoutTrace(() => this.#initializer({ dtype, shape, fanIn: this.#fanIn, fanOut: this.#fanOut, seed, name }));
    if (drawn instanceof Tensor && drawn.dtype === dtype && sameShape(drawn.shape, shape)) return drawn;
    const got = drawn instanceof Tensor ? formatType(drawn) : describe(drawn);
    throw new RavineError('shape', 'initializer', `expected ${formatType(this)} for parameter '${name}', got ${got}`);
  }
}
