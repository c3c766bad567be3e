import { holds } from './holds.js';

// Up to Node 24, V8 gives the time of an inlined function to the one around it.
holds('inlined-same-file');
holds('inlined-other-file');
holds('short-functions');
// Warm code, with functions inlined.
holds('late-start');
