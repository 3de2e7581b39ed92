import { checkNames } from '../options.js';
import { Best, plateauNames, type PlateauOptions } from '../optim/schedules/on-plateau.js';
import type { EpochEnd } from './options.js';

/**
 * For `onEpochEnd`: ends the fit when a log, by default the validation loss, has not improved for more than `patience` epochs. It follows from the fit's history,
 * and so a fit that is resumed goes on counting.
 */
export function earlyStopping(options: PlateauOptions = {}): (end: Pick<EpochEnd, 'history'>) => boolean {
  checkNames('earlyStopping', options, plateauNames);
  new Best('earlyStopping', options);
  return ({ history }) => {
    const best = new Best('earlyStopping', options);
    let bad = 0;
    for (const logs of history) bad = best.improves(logs) ? 0 : bad + 1;
    return bad <= best.patience;
  };
}
