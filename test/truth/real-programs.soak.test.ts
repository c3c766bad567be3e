import { holds } from './holds.js';

holds('compile');
// On Node 26 V8 collects, at times, what Node does not tell of: 3 points.
holds('build', { within: 4 });
