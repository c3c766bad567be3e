// Notes when V8 begins a profile of profbuf's and has given away the one before: the end of a window. Loaded before profbuf.
const { console: v8 } = require('node:inspector');
const { profile, profileEnd } = v8;

const ends = [];
let from = 0;
v8.profile = (title) => {
  from = performance.now();
  profile(title);
};
v8.profileEnd = (title) => {
  profileEnd(title);
  ends.push({ from, to: performance.now() });
};
globalThis.benchWindowEnds = ends;
