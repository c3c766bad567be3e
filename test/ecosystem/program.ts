import type { Tool } from './tool.js';

/** A program of one file, which says all that it sees. What it is about is in no profile: it may be over at once. */
export function program(
  code: string,
  { file = 'app.js', flags = [], ...rest }: { file?: string; flags?: string[] } & Partial<Tool> = {},
): Tool {
  return { packages: [], profiled: false, ...rest, files: { [file]: code, ...rest.files }, words: [...flags, file] };
}

/** A program that starts Node again, and says what came of it. `lines` are calls of `node(words, options)`. */
export function starting(lines: string, files: Tool['files']): Tool {
  const code = `const { spawnSync } = require('node:child_process');
    const node = (words, options = {}) => {
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', ...options });
      console.log(words.join(' '), status, signal, stdout, stderr.replace(/^profbuf: .*\\n/gm, ''));
    };
    ${lines}`;
  return program(code, { files });
}

/** A program that a shell starts in narrower surroundings than its own. */
export function inShell(line: string, files: Tool['files']): Tool {
  return program(
    `const { spawnSync } = require('node:child_process');
     const { status, signal, stdout, stderr } = spawnSync('sh', ['-c', ${JSON.stringify(line)}], { encoding: 'utf8' });
     console.log(status, signal, stdout, stderr.replace(/^profbuf: .*\\n/gm, ''));`,
    { files },
  );
}
