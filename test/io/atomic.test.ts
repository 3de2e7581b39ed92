import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { chunkBytes, writeAtomically } from '../../lib/io/atomic.js';
import { temporaryFolder } from './folder.js';

const files = temporaryFolder();
const text = (s: string) => new TextEncoder().encode(s);

/** A folder for one case; its names tell whether anything was left behind. */
async function folder(name: string): Promise<string> {
  await mkdir(files.path(name));
  return files.path(name);
}

describe('writeAtomically', () => {
  it('writes chunks of any size in order', async () => {
    const at = await folder('chunks');
    const large = new Uint8Array(chunkBytes * 2 + 17).fill(7);
    await writeAtomically('save', join(at, 'file'), [text('head'), new Uint8Array(0), large, text('tail')]);
    const bytes = await readFile(join(at, 'file'));
    expect(bytes.equals(Buffer.concat([text('head'), large, text('tail')]))).toBe(true);
    expect(await readdir(at)).toEqual(['file']);
  });

  it('gives the file the mode 0666 less the umask', async () => {
    const at = await folder('mode');
    await writeAtomically('save', join(at, 'file'), [text('x')]);
    expect((await stat(join(at, 'file'))).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  it('keeps the old file and leaves nothing behind when the source fails', async () => {
    const at = await folder('source');
    await writeFile(join(at, 'file'), 'old');
    const chunks = async function* () {
      yield text('new');
      expect((await readdir(at)).length).toBe(2);
      throw new Error('source failed');
    };
    await expect(writeAtomically('save', join(at, 'file'), chunks())).rejects.toThrow('source failed');
    expect(await readdir(at)).toEqual(['file']);
    expect(await readFile(join(at, 'file'), 'utf8')).toBe('old');
  });

  it('removes the temporary file when the rename fails', async () => {
    const at = await folder('rename');
    const failing = writeAtomically('save', join(at, 'n'.repeat(300)), [text('new')]);
    await expect(failing).rejects.toMatchObject({ code: 'file', cause: { code: 'ENAMETOOLONG' } });
    expect(await readdir(at)).toEqual([]);
  });

  it('replaces a link and leaves what it points to', async () => {
    const at = await folder('link');
    await writeFile(join(at, 'other'), 'other');
    await symlink('other', join(at, 'file'));
    await writeAtomically('save', join(at, 'file'), [text('new')]);
    expect(await readFile(join(at, 'other'), 'utf8')).toBe('other');
    expect(await readFile(join(at, 'file'), 'utf8')).toBe('new');
  });

  it('refuses folders and devices, and names what is missing', async () => {
    const at = await folder('targets');
    await expect(writeAtomically('save', at, [])).rejects.toThrow(`[save] cannot write ${at}: it is a folder`);
    await expect(writeAtomically('save', '/dev/null', [])).rejects.toThrow('it is not a regular file');
    await expect(writeAtomically('save', join(at, 'no', 'file'), [])).rejects.toMatchObject({
      code: 'file',
      cause: { code: 'ENOENT' },
    });
    await writeFile(join(at, 'file'), '');
    await expect(writeAtomically('save', join(at, 'file', 'file'), [])).rejects.toMatchObject({
      code: 'file',
      cause: { code: 'ENOTDIR' },
    });
  });

  it('keeps the old file when the system stops the write half-way', async () => {
    const at = await folder('limit');
    await writeFile(join(at, 'file'), 'old');
    const program = await compiled(
      at,
      `import { writeAtomically } from './io/atomic.js';
      const error = await writeAtomically('save', process.argv[2], [new Uint8Array(8 << 20)]).catch((reason) => reason);
      process.stdout.write(JSON.stringify([error.name, error.code, error.cause?.code]));`,
    );
    const { stdout } = await promisify(execFile)('bash', [
      '-c',
      `ulimit -f 64; exec "$0" "$@"`,
      process.execPath,
      program,
      join(at, 'file'),
    ]);
    expect(JSON.parse(stdout)).toEqual(['RavineError', 'file', 'EFBIG']);
    expect(await readFile(join(at, 'file'), 'utf8')).toBe('old');
    expect((await readdir(at)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

/** The module under test as plain JavaScript, for a process with limits of its own. */
async function compiled(at: string, main: string): Promise<string> {
  await mkdir(join(at, 'io'));
  for (const name of ['errors.ts', 'io/atomic.ts']) {
    const source = await readFile(new URL(`../../lib/${name}`, import.meta.url), 'utf8');
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    await writeFile(join(at, name.replace(/\.ts$/, '.js')), ts.transpileModule(source, { compilerOptions: options }).outputText);
  }
  await writeFile(join(at, 'package.json'), '{"type":"module"}');
  await writeFile(join(at, 'main.mjs'), main);
  return join(at, 'main.mjs');
}
