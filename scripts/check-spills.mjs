// The inner loop of the matrix product keeps all of its sums in registers: for every tile function of every x64 instruction set,
// each innermost loop has exactly rows × vectors fused multiply-adds and moves no vector to or from the stack.
//
//   node scripts/check-spills.mjs [--verbose]

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { variables } = JSON.parse(readFileSync(join(root, 'native', 'sources.gypi'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'ravine-spills-'));

function disassemble(isa) {
  const object = join(folder, `${isa}.o`);
  const flags = [...variables.ravine_flags, ...variables[`ravine_${isa}_flags`], '-O3', `-DRAVINE_ISA=${isa}`];
  execFileSync(process.env.CXX ?? 'c++', [...flags, '-c', join(root, 'test', 'native', 'gemm_isa.cpp'), '-o', object]);
  const options = { encoding: 'utf8', maxBuffer: 1 << 28 };
  return execFileSync('objdump', ['-d', '-C', '--no-show-raw-insn', object], options);
}

/** Functions named `tile<T, rows, vectors, …>` with their instructions. */
function tileFunctions(listing) {
  const functions = [];
  let current = null;
  for (const line of listing.split('\n')) {
    const header = /^[0-9a-f]+ <(.*)>:$/.exec(line);
    if (header) {
      const tile = /::tile<(\w+), (\d+), (\d+), /.exec(header[1]);
      current = tile && { name: header[1], fmas: Number(tile[2]) * Number(tile[3]), instructions: [] };
      if (current) functions.push(current);
      continue;
    }
    const instruction = /^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$/.exec(line);
    if (current && instruction) {
      current.instructions.push({ at: parseInt(instruction[1], 16), code: instruction[2], operands: instruction[3] });
    }
  }
  return functions;
}

/** Bodies of backward jumps that hold multiply-adds and no smaller such body. */
function innermostLoops(instructions) {
  const isFma = ({ code }) => code.startsWith('vfmadd');
  const loops = [];
  for (const { at, code, operands } of instructions) {
    const target = parseInt(operands, 16);
    if (!/^j[a-z]+$/.test(code) || !(target <= at)) continue;
    const body = instructions.filter((instruction) => instruction.at >= target && instruction.at <= at);
    if (body.some(isFma)) loops.push({ from: target, to: at, body, fmas: body.filter(isFma).length });
  }
  return loops.filter((a) => !loops.some((b) => b !== a && b.from >= a.from && b.to <= a.to));
}

function check({ name, fmas, instructions }) {
  const faults = [];
  const hasFrame = instructions.some(({ code, operands }) => code.startsWith('mov') && operands === '%rsp,%rbp');
  const stack = hasFrame ? /\(%r[sb]p/ : /\(%rsp/;
  const loops = innermostLoops(instructions);
  if (loops.length === 0) faults.push('has no loop of multiply-adds');
  for (const loop of loops) {
    const where = `the loop at ${loop.from.toString(16)}`;
    if (loop.fmas !== fmas) faults.push(`${where} has ${loop.fmas} multiply-adds, expected ${fmas}`);
    for (const { code, operands } of loop.body) {
      if (code.startsWith('v') && stack.test(operands)) faults.push(`${where} touches the stack: ${code} ${operands}`);
    }
  }
  return faults.map((fault) => `${name}: ${fault}`);
}

const faults = [];
try {
  for (const isa of ['avx2', 'avx512']) {
    const functions = tileFunctions(disassemble(isa));
    if (functions.length === 0) faults.push(`${isa}: no tile function was found`);
    faults.push(...functions.flatMap(check));
    if (process.argv.includes('--verbose')) console.log(`${isa}: ${functions.length} tile functions`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
