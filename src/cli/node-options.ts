/**
 * `NODE_OPTIONS` for the program: our preload first, so that it begins before every other one, then what was there.
 *
 * By `--require`, as `--import` would change the program: Node then runs its entry by the ESM loader, which refuses
 * scripts with an extension of their own and leaves other stack traces.
 *
 * @param preload path of a CommonJS file; see ../protocol/session.ts
 * @param words the program and its arguments
 */
export function withPreload(preload: string, nodeOptions: string, words: readonly string[]): string {
  // Node 8 knows no `--require=`, and no quotes.
  const options = [`--require ${quoted(preload)}`];
  // The permission model of Node 20 keeps the program from reading even its own preloads.
  if ([nodeOptions, ...words].some((word) => word.includes('--experimental-permission'))) {
    options.push(`--allow-fs-read=${quoted(preload)}`);
  }
  if (nodeOptions.trim() !== '') options.push(nodeOptions);
  return options.join(' ');
}

/** Whether every Node reads it without quotes. */
export function isPlain(path: string): boolean {
  return !/[\s"\\]/.test(path);
}

/** Node splits the variable at spaces, but for those in double quotes, where a backslash frees the next character. */
function quoted(path: string): string {
  return isPlain(path) ? path : `"${path.replace(/[\\"]/g, '\\$&')}"`;
}
