import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Addon, Isa } from '../../lib/runtime/addon.js';
import { addon, candidates, loadAddon } from '../../lib/runtime/native.js';

let loaded: ReadonlyMap<Isa, Addon> | undefined;

/** The addon once for each instruction set that the machine has: a copy of the file is a library of its own, with state of its own. */
export function addonsByIsa(): ReadonlyMap<Isa, Addon> {
  return (loaded ??= loadCopies());
}

function loadCopies(): ReadonlyMap<Isa, Addon> {
  const path = candidates(process.env['RAVINE_ADDON']).find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error('no addon to copy');
  const folder = mkdtempSync(join(tmpdir(), 'ravine-isa-'));
  const before = process.env['RAVINE_ISA'];
  const copies = new Map<Isa, Addon>();
  for (const isa of addon().info().isas) {
    const copy = join(folder, `${isa}.node`);
    copyFileSync(path, copy);
    process.env['RAVINE_ISA'] = isa;
    copies.set(isa, loadAddon([copy]));
  }
  if (before === undefined) delete process.env['RAVINE_ISA'];
  else process.env['RAVINE_ISA'] = before;
  rmSync(folder, { recursive: true });
  return copies;
}
