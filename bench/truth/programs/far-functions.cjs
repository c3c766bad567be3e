// The functions of small-functions.cjs so far down that their lines are beyond the end of the file that has them inlined: the number of
// a line is all that V8 gives, and that file is not to have code of its own there.
// biome-ignore format: one a line
const table = [
  0x1e3779b1,
  0x3c6ef362,
  0x5aa66d13,
  0x78dde6c4,
  0x17156075,
  0x354cda26,
  0x538453d7,
  0x71bbcd88,
  0x0ff34739,
  0x2e2ac0ea,
  0x4c623a9b,
  0x6a99b44c,
  0x08d12dfd,
  0x2708a7ae,
  0x4540215f,
  0x63779b10,
  0x01af14c1,
  0x1fe68e72,
  0x3e1e0823,
  0x5c5581d4,
  0x7a8cfb85,
  0x18c47536,
  0x36fbeee7,
  0x55336898,
  0x736ae249,
  0x11a25bfa,
  0x2fd9d5ab,
  0x4e114f5c,
  0x6c48c90d,
  0x0a8042be,
  0x28b7bc6f,
  0x46ef3620,
  0x6526afd1,
  0x035e2982,
  0x2195a333,
  0x3fcd1ce4,
  0x5e049695,
  0x7c3c1046,
  0x1a7389f7,
  0x38ab03a8,
  0x56e27d59,
  0x7519f70a,
  0x135170bb,
  0x3188ea6c,
  0x4fc0641d,
  0x6df7ddce,
  0x0c2f577f,
  0x2a66d130,
  0x489e4ae1,
  0x66d5c492,
  0x050d3e43,
  0x2344b7f4,
  0x417c31a5,
  0x5fb3ab56,
  0x7deb2507,
  0x1c229eb8,
  0x3a5a1869,
  0x5891921a,
  0x76c90bcb,
  0x1500857c,
  0x3337ff2d,
  0x516f78de,
  0x6fa6f28f,
  0x0dde6c40,
];

exports.mix = function mix(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum ^ table[k & 63], 0x2c1b3c6d);
  return sum;
};

exports.scale = function scale(sum, times) {
  for (let k = 0; k < times; k++) sum = Math.imul(sum, table[k & 63]) ^ (sum >>> 15);
  return sum;
};
