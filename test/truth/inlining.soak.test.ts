import { holds } from './holds.js';

// Long tests: on a machine in use, functions that take turns of some milliseconds are preempted where they read the clock, and their
// shares are off by several points.

// Up to Node 24, V8 gives the time of an inlined function to the one around it.
holds('inlined-same-file', { atOnce: 1 });
holds('inlined-other-file', { atOnce: 1 });
holds('short-functions', { atOnce: 1 });
// Warm code, with functions inlined.
holds('late-start', { atOnce: 1 });
