// Small functions for another file to have inlined, at lines on which that file has code of its own.

exports.mix = function mix(a, times) {
  let sum = a;
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d);
  return sum;
};

exports.scale = function scale(a, times) {
  let sum = a;
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ (sum >>> 13), 0x297a2d39);
  return sum;
};
