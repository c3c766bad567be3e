import { holds } from './holds.js';

holds('short-functions', { atOnce: 1 });
// Warm code, with functions inlined.
holds('late-start', { atOnce: 1 });
