import { holds } from './holds.js';

// The last window of each is lost, which is up to a tenth of its life, and is counted.
holds('workers-terminated', { within: 6 });
holds('workers-ended');
