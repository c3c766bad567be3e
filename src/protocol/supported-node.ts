/**
 * Why this Node, or another one, cannot be profiled, if it cannot: in one sentence. It is asked before anything that old ones
 * lack, by what Node 8 has.
 */
export function versionProblem(version = process.versions.node): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) return undefined;
  const needed = major > 20 ? '20.19 or later of Node.js 20, or 22.12 or later' : '20.19 or later';
  return `Node.js v${version} is too old: profbuf needs ${needed}`;
}
