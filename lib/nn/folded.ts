import type { Tensor } from '../ir/tensor.js';
import type { Tree } from '../ir/tree.js';
import { Module, type AnyModule, type Member } from './module.js';
import type { StandIns } from './stand-ins.js';

/** A module of one's own as it is in testing, with merged layers in the place of some of those that its forward calls. Paths are the module's own. */
export class Folded<Output extends Tree = Tensor, Inputs extends readonly Tree[] = readonly Tensor[]> extends Module<
  Output,
  Inputs
> {
  constructor(
    readonly network: Module<Output, Inputs>,
    readonly merged: ReadonlyMap<AnyModule, AnyModule>,
  ) {
    super();
  }

  override get standIns(): StandIns {
    return this.merged;
  }

  override forward(...inputs: Inputs): Output {
    return this.network.forward(...inputs);
  }

  override *members(): IterableIterator<[string, Member]> {
    yield ['', this.network];
  }

  override toString(): string {
    return `folded(${this.network.toString()})`;
  }
}
