import type { Tensor } from '../ir/tensor.js';
import { glu as gluOf } from '../ops/activations.js';
import { Module } from './module.js';
import type { FeaturesOf, Mismatch, ShapeRule, WithFeatures, shapeRule } from './shape-rule.js';

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

/** A digit halved, after an even digit and after an odd one, whose rest of 1 counts ten here. */
interface Halves {
  readonly even: { '0': 0; '1': 0; '2': 1; '3': 1; '4': 2; '5': 2; '6': 3; '7': 3; '8': 4; '9': 4 };
  readonly odd: { '0': 5; '1': 5; '2': 6; '3': 6; '4': 7; '5': 7; '6': 8; '7': 8; '8': 9; '9': 9 };
}

/** Half of a number's decimal digits, by long division; 'odd' where a rest is left. */
type HalfDigits<
  Text extends string,
  Rest extends 'even' | 'odd' = 'even',
  Done extends string = '',
> = Text extends `${infer First extends Digit}${infer Others}`
  ? HalfDigits<Others, First extends '0' | '2' | '4' | '6' | '8' ? 'even' : 'odd', `${Done}${Halves[Rest][First]}`>
  : Rest extends 'odd'
    ? 'odd'
    : Done;

type WithoutZero<Text extends string> = Text extends `0${infer Others}` ? (Others extends '' ? Text : Others) : Text;

/** Half of a literal number: `number` where it is not known, 'odd' where it is odd. */
type Half<N extends number> = number extends N
  ? number
  : HalfDigits<`${N}`> extends infer Text extends string
    ? WithoutZero<Text> extends `${infer Value extends number}`
      ? Value
      : 'odd'
    : number;

interface GluRule extends ShapeRule {
  readonly output: Half<FeaturesOf<this['input']>> extends infer Features
    ? Features extends number
      ? WithFeatures<this['input'], Features>
      : Mismatch<
          `glu() halves an even number of features, the layer before it gives ${FeaturesOf<this['input']>}`,
          WithFeatures<this['input'], number>
        >
    : never;
}

/** The first half of the features gated by the second: a·σ(b). */
export class Glu extends Module {
  declare readonly [shapeRule]: GluRule;

  /** x [..., 2·features] → [..., features] */
  override forward(x: Tensor): Tensor {
    return gluOf(x);
  }
}

export function glu(): Glu {
  return new Glu();
}
