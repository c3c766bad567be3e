// Runs `work` under 60 frames until `until`: in a minute of 100 samples a second no two stacks are alike.
const depth = 60;
const functions = Array.from(
  { length: 40 },
  (_, i) =>
    new Function(
      'functions',
      `
    return function deep${i}(work, depth, seed) {
      return depth === 0 ? work() : functions[seed % functions.length](work, depth - 1, (Math.imul(seed, 1103515245) + 12345) >>> 1) + ${i};
    };
  `,
    ),
);
const bound = [];
for (const make of functions) bound.push(make(bound));

exports.run = (until, work) => {
  for (let i = 0; performance.now() < until; i++) bound[i % bound.length](work, depth, Math.imul(i, 2654435761) >>> 1);
};
