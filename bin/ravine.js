#!/usr/bin/env node
// `npx ravine build` builds the addon from the sources that the package carries, for machines that no prebuilt one fits.

const [command, ...options] = process.argv.slice(2);

if (command !== 'build' || options.some((option) => !['--clean', '--verbose'].includes(option))) {
  console.error('usage: ravine build [--clean] [--verbose]');
  process.exit(command === undefined || command === '--help' ? 0 : 2);
}

try {
  const { buildNative } = await import('../scripts/build-native.mjs');
  buildNative({ clean: options.includes('--clean'), verbose: options.includes('--verbose') });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
