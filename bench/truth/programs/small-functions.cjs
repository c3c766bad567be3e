// Small functions for another file to have inlined, at lines on which that file has code of its own.
const table = Array.from({ length: 64 }, (_, i) => Math.imul(i + 1, 0x9e3779b1));
exports.mix = function mix(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ table[k & 63], 0x2c1b3c6d);
  return sum;
};

exports.scale = function scale(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum, table[k & 63]) ^ (sum >>> 15);
  return sum;
};
