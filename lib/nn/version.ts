const numbers = new WeakMap<object, number>();
let next = 0;

/** A number that stands for an object's identity. */
function numberOf(object: object): number {
  const known = numbers.get(object);
  if (known !== undefined) return known;
  numbers.set(object, next);
  return next++;
}

/** A text of what is held and of every field's value: numbers, texts and flags as they are, other objects by identity. */
export function fingerprint(members: Iterable<readonly [string, object]>): string {
  const lines: string[] = [];
  for (const [path, member] of members) lines.push(`${path}#${numberOf(member)}${printFields(member)}`);
  return lines.join('\n');
}

function printFields(object: object): string {
  return `{${Object.entries(object)
    .map(([name, value]) => `${name}:${print(value)}`)
    .join(',')}}`;
}

function print(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(print).join(',')}]`;
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return `#${numberOf(value)}`;
  return String(value);
}
