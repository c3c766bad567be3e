import { holds } from './holds.js';

// Up to Node 24, V8 gives the time of an inlined function to the one around it.
holds('inlined-same-file', { atOnce: 1 });
holds('inlined-other-file', { atOnce: 1 });
