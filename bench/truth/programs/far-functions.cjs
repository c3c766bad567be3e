// Small functions for another file to have inlined, so far down that their lines are beyond that file's end: the numbers of
// lines are all that V8 gives, and that file is not to have code of its own there.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
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
