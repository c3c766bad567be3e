/**
 * `NODE_OPTIONS` for the program: our preload first, so that it begins before every other one, then what was there.
 * A file URL holds neither spaces, quotes nor backslashes, whatever the path is, so nothing has to be quoted.
 */
export function withPreload(preload: URL, nodeOptions = ''): string {
  const option = `--import=${preload.href}`;
  return nodeOptions.trim() === '' ? option : `${option} ${nodeOptions}`;
}
