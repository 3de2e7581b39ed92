import { checkNames } from '../options.js';
import { Best, plateauNames, type PlateauOptions } from '../optim/schedules/on-plateau.js';
import type { EpochEnd } from './options.js';

/** For `onEpochEnd`: ends the fit when a log, by default the validation loss, has not improved for more than `patience` epochs. For one fit. */
export function earlyStopping(options: PlateauOptions = {}): (end: Pick<EpochEnd, 'logs'>) => boolean {
  checkNames('earlyStopping', options, plateauNames);
  const best = new Best('earlyStopping', options);
  let bad = 0;
  return ({ logs }) => {
    bad = best.improves(logs) ? 0 : bad + 1;
    return bad <= best.patience;
  };
}
