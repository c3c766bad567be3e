const key = 'sourceMappingURL=';

/**
 * What does a script say where its map is? The last such comment counts that is a comment: some tools write more behind it, and
 * programs that write such comments have them in strings.
 */
export function mapCommentOf(text: Uint8Array): string | undefined {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  for (let at = bytes.lastIndexOf(key); at > 0; at = bytes.lastIndexOf(key, at - 1)) {
    const lineStart = Math.max(bytes.lastIndexOf(0x0a, at), bytes.lastIndexOf(0x0d, at)) + 1;
    // `//# ` and what is before it in its line, which in a minified file may be all of the program.
    const before = bytes.subarray(Math.max(lineStart, at - 200), at).toString('latin1');
    const isWholeLine = before.length === at - lineStart && /^\s*\/\/[#@]\s*$/.test(before);
    if (!isWholeLine && !/[;})]\s*\/\/[#@]\s*$/.test(before)) continue;
    const value = valueAt(bytes, at + key.length);
    if (value === '' || /["'`]/.test(value) || isInsideComment(bytes, at)) continue;
    return value;
  }
  return undefined;
}

function valueAt(bytes: Buffer, start: number): string {
  const ends = [bytes.indexOf(0x0a, start), bytes.indexOf(0x0d, start)].filter((end) => end !== -1);
  return bytes
    .subarray(start, ends.length === 0 ? bytes.length : Math.min(...ends))
    .toString()
    .trim();
}

/** A comment in brackets that is closed behind it, without having been opened there. */
function isInsideComment(bytes: Buffer, at: number): boolean {
  const close = bytes.indexOf('*/', at);
  const open = bytes.indexOf('/*', at);
  return close !== -1 && (open === -1 || close < open);
}
