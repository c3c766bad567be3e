// Runs `work` under 60 frames until `until`: in a minute of 100 samples a second hardly two stacks are alike.
const depth = 60;
const functions = Array.from(
  { length: 40 },
  (_, i) =>
    new Function(
      'functions',
      'work',
      'depth',
      'seed',
      `
    return depth === 0 ? work() : functions[(seed * 7 + depth * ${i + 3}) % functions.length](functions, work, depth - 1, (seed * 31 + depth) % 9973) + ${i};
  `,
    ),
);

exports.run = (until, work) => {
  for (let i = 0; performance.now() < until; i++) functions[i % functions.length](functions, work, depth, i % 9973);
};
