import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { counters } from '../lib/index.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Native buffers once what nobody holds is gone. */
export async function liveBuffers(): Promise<number> {
  collect();
  await new Promise((done) => setTimeout(done, 5));
  return counters().liveBuffers;
}
