// Control characters, and the marks that turn the direction of what follows: either could forge a line on a terminal.
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Names come from programs and files of others; on one line of text they must stay one piece of it. */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

export function escaped(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const code = character.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
