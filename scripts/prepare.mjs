// A checkout builds itself: the addon, then the TypeScript.

import { buildNative } from './build-native.mjs';
import { buildTypeScript } from './build-ts.mjs';
import { restoreManifest } from './pack.mjs';

restoreManifest();
buildNative();
buildTypeScript();
