import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The package as its users get it: packed, installed into an empty folder without running scripts, used from each kind of module.

const root = fileURLToPath(new URL('../..', import.meta.url));
const programs = fileURLToPath(new URL('programs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ravine-package-'));
const installed = join(folder, 'node_modules', 'ravine');
const manifest = readFileSync(join(root, 'package.json'), 'utf8');
let files: string[];

function npm(cwd: string, ...options: string[]): string {
  return execFileSync('npm', [...options, '--loglevel=error'], { cwd, encoding: 'utf8' });
}

function run(file: string, ...options: string[]) {
  // What is built here only has to train XOR: not optimised it compiles in a third of the time.
  const env: NodeJS.ProcessEnv = { ...process.env, CXXFLAGS: '-O0' };
  delete env['RAVINE_ADDON'];
  const result = spawnSync(file, options, { cwd: folder, encoding: 'utf8', env });
  return { status: result.status, output: `${result.stdout}${result.stderr}` };
}

function runNode(...options: string[]) {
  return run(process.execPath, ...options);
}

beforeAll(() => {
  npm(root, 'pack', '--pack-destination', folder);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  files = execFileSync('tar', ['tzf', join(folder, tarball)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  npm(folder, 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`);
  for (const name of readdirSync(programs)) copyFileSync(join(programs, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the packed package', () => {
  it('carries the built addon and the sources to build another', () => {
    for (const name of [
      'dist/index.js',
      'dist/index.d.ts',
      'prebuilds/linux-x64-gnu/ravine.node',
      'native/binding.gyp',
      'LICENSE',
    ]) {
      expect(files).toContain(`package/${name}`);
    }
  });

  it('carries nothing else', () => {
    const folders = new Set(files.map((name) => name.split('/')[1]));
    const known = ['LICENSE', 'README.md', 'bin', 'dist', 'native', 'package.json', 'prebuilds', 'scripts'];
    expect([...folders].filter((name) => !known.includes(name!))).toEqual([]);
    expect(files.filter((name) => name.startsWith('package/native/build/'))).toEqual([]);
  });

  it('has no script, and nothing from which npm would make one', () => {
    const published: unknown = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(published).not.toHaveProperty('scripts');
    expect(published).not.toHaveProperty('devDependencies');
    expect(published).toHaveProperty('gypfile', false);
    expect(files).not.toContain('package/binding.gyp');
    expect(readFileSync(join(folder, 'package-lock.json'), 'utf8')).not.toContain('hasInstallScript');
  });

  it('leaves the checkout as it was', () => {
    expect(readFileSync(join(root, 'package.json'), 'utf8')).toBe(manifest);
    expect(existsSync(join(root, 'prebuilds'))).toBe(false);
  });

  it('needs only what the addon is built with', () => {
    const names = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(names.sort()).toEqual(['node-addon-api', 'ravine']);
  });
});

describe('the installed package', () => {
  it.each(['xor.mjs', 'xor.cjs'])('trains XOR from %s', (program) => {
    expect(runNode(program)).toEqual({ status: 0, output: '0 1 1 0\n' });
  });

  it('has one Tensor class for ES modules and CommonJS', () => {
    expect(runNode('one-tensor.mjs')).toEqual({ status: 0, output: 'one\n' });
  });

  it('has the laboratory as an entry of its own', () => {
    const missing = '[lab.lineChart] charts are drawn by the package echarts, which is not installed\nhelp: npm install echarts';
    expect(runNode('lab.mjs')).toEqual({ status: 0, output: `1 ripples\n${missing}\n` });
  });

  it('goes on to the bit in another process, from any step, with other threads, and warns of another machine', () => {
    const trained = (...options: string[]) => runNode('checkpoint.mjs', ...options);
    const whole = trained('28');
    expect(whole.status, whole.output).toBe(0);
    for (const [step, threads] of [
      ['1', '1'],
      ['7', '3'],
      ['10', '2'],
      ['27', '1'],
    ] as const) {
      expect(trained(step, 'to', 'some.checkpoint').status).toBe(0);
      process.env['RAVINE_NUM_THREADS'] = threads;
      expect(trained('28', 'from', 'some.checkpoint')).toEqual(whole);
      delete process.env['RAVINE_NUM_THREADS'];
    }
    process.env['RAVINE_ISA'] = 'scalar';
    const { status, output } = trained('28', 'from', 'some.checkpoint');
    delete process.env['RAVINE_ISA'];
    expect(status).toBe(0);
    expect(output).toContain('RavineWarning: [loadCheckpoint] training will not go on to the bit');
    expect(output).toMatch(/isa \w+ there, scalar here/u);
  });

  it.each(['typed.mts', 'typed.cts'])('trains XOR from the strict TypeScript program %s', (program) => {
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const strict = ['--strict', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const target = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--types', 'node'];
    const types = ['--typeRoots', join(root, 'node_modules', '@types')];
    expect(runNode(compiler, ...strict, ...target, ...types, program)).toEqual({ status: 0, output: '' });
    expect(runNode(program.replace('ts', 'js'))).toEqual({ status: 0, output: '0 1 1 0\n' });
  });
});

describe('where no prebuilt addon fits', () => {
  // A Node without headers beside it: they come from the package node-api-headers.
  const bareNode = join(folder, 'bare', 'bin', 'node');
  const build = () => run(bareNode, join(installed, 'bin', 'ravine.js'), 'build', '--verbose');

  beforeAll(() => {
    mkdirSync(dirname(bareNode), { recursive: true });
    copyFileSync(process.execPath, bareNode);
    rmSync(join(installed, 'prebuilds'), { recursive: true });
  });

  it('says so, and what to do', () => {
    const { status, output } = runNode('xor.mjs');
    expect(status).not.toBe(0);
    expect(output).toContain('looked for');
    expect(output).toContain('help: build it here with `npx ravine build`');
  });

  it('says which package has the headers that this Node lacks', () => {
    const { status, output } = build();
    expect(status).toBe(1);
    expect(output).toContain("Node's headers were not found in");
    expect(output).toContain('npm install node-api-headers');
  });

  it('builds one from source, without a download, and trains with it', () => {
    npm(folder, 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', 'node-api-headers', 'node-gyp@12');
    const { status, output } = build();
    expect(output).toContain('headers: ');
    expect(output).toContain('node-api-headers');
    expect(output).not.toMatch(/gyp http|GET https/);
    expect(status, output).toBe(0);
    expect(runNode('xor.mjs')).toEqual({ status: 0, output: '0 1 1 0\n' });
  });
});
