// What an encoder learnt on the digits 0–4 is worth for 5–9. `npm run example -- transfer`, in a short form `npm run example -- transfer --samples 4000
// --epochs 2`.

import * as ravine from '../../dist/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';
import { percent, transfer } from './experiment.mjs';

const options = numbersFromCommandLine('npm run example -- transfer', {
  samples: { value: 10_000, about: 'images of 0–4 that the encoder learns from' },
  epochs: { value: 3, about: 'passes over them' },
  labels: { value: 5, about: 'labelled images of each digit from 5 to 9' },
  seed: { value: 1, check: 'seed', about: 'of weights and order' },
});

const { pretrained, frozen, fineTuned, live, scratch } = await transfer(ravine, options, console.log);
const captcha = (accuracy) => accuracy ** 12;
console.log(
  `a CAPTCHA of 12 such pictures falls with p¹²: ${percent(captcha(fineTuned))} fine-tuned, ${percent(captcha(scratch))} from scratch`,
);
console.log(
  JSON.stringify({
    pretrained_accuracy: pretrained,
    frozen_accuracy: frozen,
    fine_tuned_accuracy: fineTuned,
    fine_tuned_live_statistics_accuracy: live,
    scratch_accuracy: scratch,
    captcha_fine_tuned: captcha(fineTuned),
    captcha_scratch: captcha(scratch),
    ...options,
  }),
);
