import { holds } from './holds.js';

holds('recursion');
// V8 keeps the 254 frames next to the leaf: who called is not known, and the profile says so.
holds('deep-recursion');
holds('evaluated');
holds('same-line');
// V8 has a module without a line before it is loaded, and with one afterwards.
holds('module');
