/**
 * Does V8's sampler give the time of a function that is inlined at the top of the stack to the function around it?
 *
 * Up to V8 13.6 (Node 24) it expands what is inlined for return addresses only, and not for the place where the thread is:
 * there it names the outermost function, with the line of the innermost. Node 25.9 and later name the function itself.
 *
 * @param version As in `process.versions.node`.
 */
export function hidesInlinedFunctions(version = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 25 || (major === 25 && minor < 9);
}
