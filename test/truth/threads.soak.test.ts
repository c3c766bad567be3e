import { holds } from './holds.js';

holds('workers-terminated');
holds('workers-ended');
