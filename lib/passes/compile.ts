import type { Graph } from '../ir/graph.js';
import { verifyGraph } from '../ir/verify.js';
import type { Shape } from '../shape.js';
import { absorbScale } from './absorb-scale.js';
import { removeDead, shareCommon } from './clean.js';
import { encode, type EncodedPart, type Names, type Slot } from './encode.js';
import { fuseEpilogues } from './epilogue.js';
import { expandDefinitions } from './expand.js';
import { fuseElementwise } from './fuse.js';
import { fuseNormRelu } from './norm-relu.js';
import { lower } from './lower.js';
import { arenaSlot, planMemory } from './memory.js';
import { placeEnds, type Placement } from './place.js';
import { simplify } from './simplify.js';
import { sparseProducts } from './sparse-products.js';

interface Pass {
  readonly name: string;
  readonly run: (graph: Graph) => Graph;
}

/** The pipeline, in order. Each pass keeps a graph's inputs and outputs, in number and meaning. */
export const passes: readonly Pass[] = [
  { name: 'expandDefinitions', run: expandDefinitions },
  { name: 'simplify', run: simplify },
  { name: 'shareCommon', run: shareCommon },
  { name: 'simplify', run: simplify },
  { name: 'sparseProducts', run: sparseProducts },
  { name: 'removeDead', run: removeDead },
  { name: 'absorbScale', run: absorbScale },
  { name: 'fuseEpilogues', run: fuseEpilogues },
  { name: 'fuseNormRelu', run: fuseNormRelu },
  { name: 'removeDead', run: removeDead },
  { name: 'fuseElementwise', run: fuseElementwise },
  { name: 'removeDead', run: removeDead },
];

export function optimize(graph: Graph): Graph {
  let optimized = graph;
  for (const pass of passes) {
    optimized = pass.run(optimized);
    verifyGraph(optimized, pass.name);
  }
  return optimized;
}

/** A graph that runs as one part of a program. */
export interface PartRequest extends Placement {
  readonly graph: Graph;
}

export interface Compiled {
  readonly code: Float64Array;
  readonly arenaBytes: number;
  readonly instructions: readonly InstructionFacts[];
}

/** What messages say of an instruction. */
export interface InstructionFacts {
  readonly kernel: string;
  readonly origin: string;
  /** Shape of its second input: indices, where it takes some. */
  readonly indices: Shape | undefined;
}

/** Compiles graphs that share slots. `slots[0]` is the arena, whose size is worked out here. */
export function compile(parts: readonly PartRequest[], slots: readonly Slot[], names: Names): Compiled {
  let arenaBytes = 0;
  const encoded = parts.map((part): EncodedPart => {
    const graph = optimize(part.graph);
    const { instructions, fixed } = placeEnds(graph, lower(graph), part);
    const plan = planMemory(instructions, fixed);
    arenaBytes = Math.max(arenaBytes, plan.arenaBytes);
    return { instructions, places: plan.places };
  });
  const table = slots.map((slot, i) => (i === arenaSlot ? { bytes: arenaBytes, writable: true } : slot));
  return {
    code: encode(encoded, table, names),
    arenaBytes,
    instructions: encoded.flatMap((part) =>
      part.instructions.map(({ call, origin, inputs }) => ({ kernel: call.kernel, origin, indices: inputs[1]?.type.shape })),
    ),
  };
}
