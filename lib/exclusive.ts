import { RavineError } from './errors.js';

/** One piece of work at a time: another that comes meanwhile is refused. */
export class Exclusive {
  #busy = false;

  async run<T>(where: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy) throw new RavineError('busy', where, 'another fit of this model is running', { help: 'await it first' });
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }
}
