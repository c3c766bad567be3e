import { readFileSync } from 'node:fs';

/*
 * NODE_OPTIONS that Node takes from files. It looks at them only if the environment has none of its own, which under a
 * preload it has, so they have to be put beside the preload.
 */

/** As text of NODE_OPTIONS, empty if there is nothing. */
export interface FileOptions {
  /** What the process begins with. */
  readonly applied: string;
  /** What `process.env` has, and children get: of env files that are named before the script. */
  readonly lasting: string;
}

/**
 * What does a Node with these arguments find in files, if it runs in our folder? In an `--env-file`, of which the last one with
 * NODE_OPTIONS counts, and before that in a config file (Node 24 and later), whose options are for the process alone.
 *
 * @param options words before the script
 * @param others the script and what follows: Node looks for such files there as well, up to a lone `--`
 */
export function fileOptions(options: readonly string[], others: readonly string[]): FileOptions {
  const end = others.indexOf('--');
  const words = [...options, ...(end === -1 ? others : others.slice(0, end))];
  const found = words.flatMap((word, index) => {
    const [, kind, value] =
      /^--(env-file(?:-if-exists)?|experimental-(?:default-)?config-file)(?:=(.*))?$/.exec(word) ?? [];
    if (kind === undefined) return [];
    const isConfig = !kind.startsWith('env');
    const text = isConfig
      ? inConfigFile(value ?? 'node.config.json')
      : inEnvironmentFile(value ?? words[index + 1] ?? '');
    return text === undefined ? [] : [{ text, isConfig, isLasting: !isConfig && index < options.length }];
  });
  const texts = [found.findLast(({ isConfig }) => isConfig), found.findLast(({ isConfig }) => !isConfig)];
  return {
    applied: texts.flatMap((file) => (file === undefined ? [] : file.text)).join(' '),
    lasting: found.findLast(({ isLasting }) => isLasting)?.text ?? '',
  };
}

/** What is wrong with a file, Node says itself. */
function inEnvironmentFile(path: string): string | undefined {
  try {
    // Not imported: whoever looks at all that the module has, as an import does, makes Node 22 and later open process.stderr.
    return process.getBuiltinModule('node:util').parseEnv(readFileSync(path, 'utf8')).NODE_OPTIONS;
  } catch {
    return undefined;
  }
}

function inConfigFile(path: string): string | undefined {
  try {
    const { nodeOptions } = JSON.parse(readFileSync(path, 'utf8')) as { nodeOptions?: Record<string, unknown> };
    return Object.entries(nodeOptions ?? {})
      .flatMap(([name, value]) => (Array.isArray(value) ? value.map((entry) => [name, entry]) : [[name, value]]))
      .map(([name, value]) => configOption(String(name), value))
      .join(' ');
  } catch {
    return undefined;
  }
}

function configOption(name: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? `--${name}` : `--no-${name}`;
  // As it is: Node refuses a file in which this would have to be quoted.
  return `--${name}=${value}`;
}

/** Whether every Node reads it in NODE_OPTIONS without quotes. */
export function isPlainOption(text: string): boolean {
  return !/[\s"\\]/.test(text);
}

/** Node splits the variable at spaces, but for those in double quotes, where a backslash frees the next character. */
export function quotedOption(text: string): string {
  return isPlainOption(text) ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
