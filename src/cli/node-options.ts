import { basename } from 'node:path';
import { fileOptions, quotedOption } from '../protocol/file-options.js';
import { withFileOptions } from '../protocol/session.js';
import type { Program } from './program.js';

/**
 * `NODE_OPTIONS` for the program: our preload first, so that it begins before every other one, then what was there, or what
 * the program, if it is a Node, would find in files.
 *
 * By `--require`, as `--import` would change the program: Node then runs its entry by the ESM loader, which refuses
 * scripts with an extension of their own and leaves other stack traces.
 *
 * @param preload path of a CommonJS file; see ../protocol/session.ts
 * @param given the variable, as the environment has it
 */
export function nodeOptions(preload: string, given: string | undefined, program: Program): NodeJS.ProcessEnv {
  const words = [program.file, ...program.args];
  // Node 8 knows no `--require=`, and no quotes.
  let options = `--require ${quotedOption(preload)}`;
  // The permission model of Node 20 keeps the program from reading even its own preloads.
  if ([given ?? '', ...words].some((word) => word.includes('--experimental-permission'))) {
    options += ` --allow-fs-read=${quotedOption(preload)}`;
  }
  if (given !== undefined) return { NODE_OPTIONS: given.trim() === '' ? options : `${options} ${given}` };
  if (!isNode(program)) return { NODE_OPTIONS: options };
  return withFileOptions(options, fileOptions(...atScript(program.args)));
}

/**
 * Whether a policy (Node 20) says which files may run. Ours is not among them, and a Node dies of a preload that its policy does not
 * know.
 */
export function hasPolicy(program: Program): boolean {
  const [words] = atScript(program.args);
  return isNode(program) && words.some((word) => /^--experimental[-_]policy(=|$)/.test(word));
}

function isNode({ file, shell }: Program): boolean {
  return !shell && (file === process.execPath || /^node(\.exe)?$/.test(basename(file)));
}

/** Options of Node's whose value is the next word, unless it stands behind `=`. */
const valued = new Set(
  '-r --require --import -C --conditions --loader --experimental-loader -e --eval -p --print -pe --title --input-type'
    .concat(' --env-file --env-file-if-exists --watch-path --inspect-port --icu-data-dir --max-http-header-size')
    .split(' '),
);

/** The words before the script, and the others. */
function atScript(words: readonly string[]): [readonly string[], readonly string[]] {
  const script = words.findIndex((word, index) => !word.startsWith('-') && !valued.has(words[index - 1] ?? ''));
  return script === -1 ? [words, []] : [words.slice(0, script), words.slice(script)];
}
