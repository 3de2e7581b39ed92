/** Fields by what they are to a model: targets are `y`, or `y.<output>`; weights `sampleWeight`, or `sampleWeight.<output>`; all others are inputs. */
export function isTarget(name: string): boolean {
  return name === 'y' || name.startsWith('y.');
}

export function isWeight(name: string): boolean {
  return name === 'sampleWeight' || name.startsWith('sampleWeight.');
}

export function isInput(name: string): boolean {
  return !isTarget(name) && !isWeight(name);
}
