const figures = [
  /^lost: /,
  /\bnot in (it|this report)\b/,
  /\bin no stack\b/,
  /\bunder \((other|cut|truncated)\)/,
  /\(other\): /,
  /\bnot known\b/,
  /^the rate was lowered/,
  /^V8 took \d+ samples a second/,
  /\bstood still\b/,
  /\bgaps\b/,
  /\bis not (served|reported)|\bare not reported/,
  /\bnot on samples\b/,
  /\bdid not\b/,
  /\bpause|\bheld (it|one|the thread|them|a thread) up\b/,
];

/** Does a comment of a profile say that something is missing from it, or that profiling held the program up? */
export function isWarning(comment: string): boolean {
  if (/^labels: .*, 0 of them lost/.test(comment)) return false;
  return /^labels: /.test(comment) || figures.some((figure) => figure.test(comment));
}
