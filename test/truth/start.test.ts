import { holds } from './holds.js';

// V8 has no name for what it compiled of a function while that ran, unless it was sampling by then.
holds('hot-loop');
holds('hot-loop-in-worker');
