// The matrix product by shape: `node bench/gemm.mjs [--threads N] [--blas PATH] [shape …]`, or convolution's kernels:
// `node bench/gemm.mjs --conv [--threads N] [--isa avx2] [shape …]`. Builds bench/gemm.cpp or bench/conv.cpp with the project's flags and
// starts it; prints GFLOPS, the share of the peak measured in the same run, and the BLAS library's where one is found.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    conv: { type: 'boolean', default: false },
    isa: { type: 'string', default: '-' },
    threads: { type: 'string' },
    blas: { type: 'string', default: 'libopenblas.so.0' },
  },
});
const here = dirname(fileURLToPath(import.meta.url));
const native = join(here, '..', 'native');
const { variables } = JSON.parse(readFileSync(join(native, 'sources.gypi'), 'utf8'));
const flags = [...variables.ravine_flags, '-O3'];
const folder = mkdtempSync(join(tmpdir(), 'ravine-gemm-'));

try {
  const objects = ['avx2', 'avx512'].map((isa) => compile(join(here, values.conv ? 'conv-isa.cpp' : 'gemm-peak.cpp'), isa));
  for (const source of [join(here, values.conv ? 'conv.cpp' : 'gemm.cpp'), join(native, 'gemm.cpp'), join(native, 'blas.cpp')])
    objects.push(compile(source));
  const program = join(folder, 'gemm');
  execFileSync(process.env.CXX ?? 'c++', ['-pthread', ...objects, '-ldl', '-o', program]);
  const threads = values.threads ?? String(availableParallelism());
  process.exitCode =
    spawnSync(program, [threads, values.conv ? values.isa : values.blas, ...positionals], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

function compile(source, isa) {
  const object = join(folder, `${source.replaceAll('/', '-')}${isa ?? ''}.o`);
  const extra = isa ? [...variables[`ravine_${isa}_flags`], `-DRAVINE_ISA=${isa}`] : [];
  execFileSync(process.env.CXX ?? 'c++', [...flags, ...extra, '-c', source, '-o', object], { stdio: 'inherit' });
  return object;
}
