// Arrays of one size that stay, that die young, and that die when they have grown old: each third of them by a function of its
// own. How many bytes each allocates is known by construction.
const { reportBytes } = require('./ledger.cjs');

const elements = 125;

function stays(times) {
  const kept = [];
  for (let i = 0; i < times; i++) kept.push(new Array(elements).fill(i));
  return kept;
}

function diesYoung(times) {
  let last;
  for (let i = 0; i < times; i++) last = new Array(elements).fill(i);
  return last;
}

function diesOld(times) {
  const ring = new Array(20_000);
  for (let i = 0; i < times; i++) ring[i % ring.length] = new Array(elements).fill(i);
}

// 100, 200 and 200 MB.
globalThis.kept = stays(1e5);
diesYoung(2e5);
diesOld(2e5);
reportBytes({ stays: 1, diesYoung: 2, diesOld: 2 });
