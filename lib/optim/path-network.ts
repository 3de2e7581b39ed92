import { RavineError } from '../errors.js';
import { reachable, type Node, type Value } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { Trace, withTrace, type InputAttributes } from '../ir/trace.js';
import { flatten, type Tree } from '../ir/tree.js';
import { namedModules } from '../nn/naming.js';
import { Parameter } from '../nn/parameter.js';
import { ones, type ConstantAttributes } from '../ops/constant.js';
import type { PadAttributes } from '../ops/pad.js';
import type { TensorType } from '../shape.js';
import type { AnyModule } from '../nn/module.js';
import type { InputTypes } from './optimizer.js';

/** What a value depends on: numbers alone, parameters, or the network's input. */
type Kind = 'constant' | 'parameter' | 'activation';

/**
 * Refuses networks that are not sums over paths from inputs to outputs, each a product of parameters, constants ≥ 0 and the input, with ReLU between them: only
 * for those is net(1; w²) the sum of all paths' squares, and only those can be rescaled unit by unit.
 */
export function expectPaths(where: string, network: AnyModule, input: InputTypes): void {
  const trace = new Trace({ training: true });
  const kinds = new Map<Value, Kind>();
  const outputs = withTrace(trace, (): readonly Value[] => {
    // Two samples: with one, batch norm would speak first, of its statistics.
    const x = onesFor(input, 2);
    for (const { value } of flatten(where, x).leaves) if (value) kinds.set(value, 'activation');
    return trace.finish(flatten(where, network.forward(x)).leaves).outputs;
  });
  for (const node of reachable(outputs)) {
    if (node.outputs.some((value) => kinds.has(value))) continue;
    const kind = kindOf(node, (value) => kinds.get(value) ?? 'constant');
    if (kind === undefined) throw refusal(where, network, node);
    for (const value of node.outputs) kinds.set(value, kind);
  }
}

/** Ones for a network's forward. */
export function onesFor(input: InputTypes, samples: number): Tree {
  const fill = ({ dtype, shape }: TensorType): Tensor => ones([samples, ...shape.slice(1)], { dtype });
  return 'dtype' in input ? fill(input) : Object.fromEntries([...input].map(([name, type]) => [name, fill(type)]));
}

/** What moves or adds elements. */
const moving = new Set(['identity', 'cast', 'reshape', 'transpose', 'broadcastTo', 'slice', 'concat', 'sum', 'averagePool']);
const products = new Set(['mul', 'matmul', 'conv2d', 'conv2dInputGradient']);

/** undefined: it has no place in such a network. */
function kindOf(node: Node, kindOfValue: (value: Value) => Kind): Kind | undefined {
  const { name } = node.op;
  if (name === 'input') return inputKind(node.attributes as InputAttributes);
  const kinds = node.inputs.map(kindOfValue);
  if (kinds.every((kind) => kind === 'constant')) return 'constant';
  const most = kinds.includes('activation') ? 'activation' : 'parameter';
  if (moving.has(name)) return kinds.includes('constant') ? undefined : most;
  if (name === 'pad') return (node.attributes as PadAttributes).value === 0 ? most : undefined;
  if (name === 'relu') return kinds[0] === 'activation' ? most : undefined;
  if (name === 'add') return kinds.includes('constant') ? undefined : most;
  if (name === 'div') return isFactor(node.inputs[1]) ? most : undefined;
  if (!products.has(name)) return undefined;
  const isScaling = name === 'mul' && node.inputs.some(isFactor);
  return isScaling || (kinds.includes('parameter') && kinds.includes('activation')) ? most : undefined;
}

function inputKind({ role }: InputAttributes): Kind {
  return role.kind === 'captured' && role.tensor instanceof Parameter ? 'parameter' : 'constant';
}

/** A number that is known and positive. */
function isFactor(value: Value | undefined): boolean {
  return value?.node.op.name === 'constant' && (value.node.attributes as ConstantAttributes).value > 0;
}

function refusal(where: string, network: AnyModule, { op, scope }: Node): RavineError {
  const module = namedModules(network).get(scope)?.toString() ?? network.toString();
  const inside = module === op.name ? module : `${op.name} in ${module}`;
  return new RavineError(
    'option',
    where,
    `expected a network of linear layers, convolutions, ReLU, sum and average pooling, got ${inside}${scope === '' ? '' : ` at '${scope}'`}`,
  );
}
