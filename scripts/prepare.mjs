// A checkout builds itself: the addon, then the TypeScript.

import { buildNative } from './build-native.mjs';

buildNative();
await import('./build-ts.mjs');
