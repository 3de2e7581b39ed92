import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findHeaders, makeNodeFolder } from '../../scripts/node-headers.mjs';

const headers = ['node_api.h', 'node_api_types.h', 'js_native_api.h', 'js_native_api_types.h'];
let prefix: string;

beforeEach(() => {
  prefix = mkdtempSync(join(tmpdir(), 'ravine-headers-'));
  mkdirSync(join(prefix, 'bin'));
  writeFileSync(join(prefix, 'bin', 'node'), '');
});
afterEach(() => rmSync(prefix, { recursive: true }));

describe('the headers of Node-API', () => {
  it('come from beside the running Node', () => {
    const include = join(prefix, 'include', 'node');
    mkdirSync(include, { recursive: true });
    for (const header of headers) writeFileSync(join(include, header), '');
    expect(findHeaders(join(prefix, 'bin', 'node'))).toBe(include);
  });

  it('come from the package node-api-headers when there are none', () => {
    expect(findHeaders(join(prefix, 'bin', 'node'))).toContain('node-api-headers');
  });

  it('are laid out as node-gyp wants them, and not touched again', () => {
    makeNodeFolder(prefix);
    const written = [...headers, 'common.gypi', 'config.gypi'].map((name) => join(prefix, 'include', 'node', name));
    expect(written.filter((path) => !existsSync(path))).toEqual([]);
    const times = () => written.map((path) => statSync(path, { bigint: true }).mtimeNs);
    const before = times();
    makeNodeFolder(prefix);
    expect(times()).toEqual(before);
  });
});
