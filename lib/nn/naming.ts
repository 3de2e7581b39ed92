import { Buffer } from './buffer.js';
import { Module, joinPath, membersUnder, walk, type AnyModule, type Member } from './module.js';
import { Parameter } from './parameter.js';
import { noStandIns, standInsWithin, type StandIns } from './stand-ins.js';

/** The modules of a tree, the root itself under ''. */
export function namedModules(root: AnyModule): Map<string, AnyModule> {
  return new Map([...walk(root)].flatMap(([path, member]) => (member instanceof Module ? [[path, member]] : [])));
}

/** The parameters of a tree; a tied one once. */
export function namedParameters(root: AnyModule): Map<string, Parameter> {
  return new Map([...walk(root)].flatMap(([path, member]) => (member instanceof Parameter ? [[path, member]] : [])));
}

export function namedBuffers(root: AnyModule): Map<string, Buffer> {
  return new Map([...walk(root)].flatMap(([path, member]) => (member instanceof Buffer ? [[path, member]] : [])));
}

/** What a state has, as PyTorch's `state_dict` has it: parameters and buffers in the order of fields, tied ones under each of their paths. */
export function namedState(root: AnyModule): Map<string, Parameter | Buffer> {
  const named = new Map<string, Parameter | Buffer>();
  const above = new Set<Member>();
  const visit = (member: Member, path: string, standIns: StandIns): void => {
    if (!(member instanceof Module)) named.set(path, member);
    else if (!above.has(member)) {
      above.add(member);
      const within = standInsWithin(standIns, member);
      for (const [name, child] of membersUnder(member, within)) visit(child, joinPath(path, name), within);
      above.delete(member);
    }
  };
  visit(root, '', noStandIns);
  return named;
}

/** Draws the parameters that have no elements yet. The same seed gives the same weights, in whatever order modules are made. */
export function initializeParameters(root: AnyModule, seed: number): void {
  for (const [path, parameter] of namedParameters(root)) if (!parameter.initialized) parameter.initialize(seed, path);
}
