import { adamAs, type AdamOptions } from './adam.js';
import type { Optimizer } from './optimizer.js';

export interface AdamwOptions extends AdamOptions {
  /** w ← w − α·weightDecay·w, beside the gradient. Default 1e-2. */
  readonly weightDecay?: number;
}

/** AdamW (Loshchilov & Hutter 2019): Adam whose weight decay is not scaled as the gradient is. */
export function adamw(options: AdamwOptions = {}): Optimizer {
  return adamAs('adamw', options, { weightDecay: 1e-2, decoupled: true });
}
