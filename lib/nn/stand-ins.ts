import type { AnyModule } from './module.js';

/** Modules by those whose place they take: in a forward, and in all that lists what is held. */
export type StandIns = ReadonlyMap<AnyModule, AnyModule>;

export const noStandIns: StandIns = new Map();

/** What runs in a module's place; what stands in may itself be replaced from further out. */
export function standInFor(module: AnyModule, standIns: StandIns): AnyModule {
  let found = module;
  for (let next = standIns.get(found); next; next = standIns.get(found)) found = next;
  return found;
}

/** What holds beneath a module. */
export function standInsWithin(outer: StandIns, { standIns }: AnyModule): StandIns {
  return standIns.size === 0 ? outer : new Map([...standIns, ...outer]);
}
