import type { Shape } from '../shape.js';

/**
 * What a layer does to a shape, as a function that the compiler evaluates: `output` in terms of `this['input']`. Shapes are tuples of
 * lengths, outermost first, `number` where a length is not known; `readonly number[]` says nothing, `readonly [...number[], 512]`
 * that the last axis has 512 features.
 *
 *     interface TwiceRule extends nn.ShapeRule { readonly output: Twice<this['input']> }
 *     class Twice extends nn.Module { declare readonly [nn.shapeRule]: TwiceRule; … }
 */
export interface ShapeRule {
  readonly input: unknown;
  readonly output: unknown;
}

/** Where a layer's class declares its rule, for the compiler only: nothing is stored there. A module without one is not checked. */
export const shapeRule: unique symbol = Symbol('shapeRule');

/** The output of a rule that refuses its input: what the compiler is to say, and the shape to go on with. */
export interface Mismatch<Message extends string, Output extends Shape> {
  readonly message: Message;
  readonly output: Output;
}

/** Every element for itself: activations, dropout. */
export interface SameShapeRule extends ShapeRule {
  readonly output: this['input'];
}

/** The features of a shape, `number` where they are not known. */
export type FeaturesOf<S> = S extends readonly [...Shape, infer Features extends number] ? Features : number;

/** The shape with other features. */
export type WithFeatures<S, Features extends number> = S extends readonly [...infer Lead extends Shape, number]
  ? readonly [...Lead, Features]
  : readonly [...number[], Features];

/** The shape with lengths that are not known before the features: pooling, padding, upsampling. */
export type FreeLengths<S> = S extends readonly [...infer Lead extends Shape, infer Features extends number]
  ? readonly [...{ readonly [Axis in keyof Lead]: number }, Features]
  : S;

/** Channels stay, lengths change. */
export interface KeepsChannelsRule extends ShapeRule {
  readonly output: FreeLengths<this['input']>;
}

/** Equal literals, or a number that the compiler does not know on either side. */
export type Fits<Given extends number, Expected extends number> = [Given] extends [Expected]
  ? true
  : [Expected] extends [Given]
    ? true
    : false;

/** A layer that has something for each feature and keeps the shape: normalisations. */
export interface KeepsFeaturesRule<Name extends string, Features extends number> extends ShapeRule {
  readonly output: Fits<FeaturesOf<this['input']>, Features> extends true
    ? WithFeatures<this['input'], Features>
    : Mismatch<
        `${Name}(${Features}) expects ${Features} features, the layer before it gives ${FeaturesOf<this['input']>}`,
        WithFeatures<this['input'], Features>
      >;
}

/** What a layer gives for a shape: a shape, or a mismatch. */
export type OutputShape<Layer, Input extends Shape> = Layer extends { readonly [shapeRule]: infer Rule extends ShapeRule }
  ? (Rule & { readonly input: Input })['output']
  : Shape;

/** The shape after a chain of layers, or the first mismatch in it. */
export type ChainOutput<Layers extends readonly unknown[], Input extends Shape> = Layers extends readonly [
  infer Head,
  ...infer Rest,
]
  ? OutputShape<Head, Input> extends infer Output
    ? Output extends Shape
      ? ChainOutput<Rest, Output>
      : Output
    : never
  : Layers extends readonly []
    ? Input
    : Shape;

/** The layers of a chain, each that does not fit what comes before it replaced by the sentence that says so. */
export type CheckedChain<
  Layers extends readonly unknown[],
  Input extends Shape = Shape,
  Done extends readonly unknown[] = readonly [],
> = Layers extends readonly [infer Head, ...infer Rest]
  ? OutputShape<Head, Input> extends infer Output
    ? Output extends Mismatch<infer Message, infer Next>
      ? CheckedChain<Rest, Next, readonly [...Done, Message]>
      : Output extends Shape
        ? CheckedChain<Rest, Output, readonly [...Done, Head]>
        : never
    : never
  : readonly [...Done, ...Layers];
