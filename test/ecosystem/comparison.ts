import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a run has to show, with what differs from one bare run to the next taken out. */
export interface Outcome {
  readonly ending: string;
  readonly stdout: string;
  readonly stderr: string;
  /** What each file holds: its text, or a hash where that is long; nothing where only the name counts. */
  readonly files: ReadonlyMap<string, string>;
}

const times =
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?|\b\d+:\d\d:\d\d\b( [AP]M)?|\b\d+([.,]\d+)* ?(milliseconds|seconds|ms|µs|ns|min|m|s)\b/g;

/** Times, process ids, colours and what else varies, replaced by one word. */
export function comparable(text: string, varies: readonly RegExp[] = []): string {
  const plain = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is how escape sequences begin
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/\(node:\d+\)/g, '(node)')
    .replace(/\b(pid[=: ]+)\d+/gi, '$1…')
    .replace(times, '…');
  return varies.reduce((rest, pattern) => rest.replace(pattern, '…'), plain);
}

/** Our own words are no difference: that they are there is what was asked for. */
export function withoutOwnWords(stderr: string): { rest: string; words: string[] } {
  const words = stderr.match(/^profbuf: .*$/gm) ?? [];
  return { rest: stderr.replace(/^profbuf: .*\n?/gm, ''), words };
}

/** What lies in the folder, but for what was installed there. */
export function filesOf(
  folder: string,
  { varies = [], namesAlone }: { varies?: readonly RegExp[]; namesAlone?: RegExp } = {},
): Map<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !/(^|[\\/])node_modules[\\/]/.test(name))
    .sort();
  return new Map(
    found.map((name) => {
      if (namesAlone?.test(name)) return [comparable(name, varies), ''];
      const text = comparable(readFileSync(join(folder, name), 'latin1'), varies);
      return [comparable(name, varies), text.length < 2000 ? text : createHash('sha256').update(text).digest('hex')];
    }),
  );
}

/** What is otherwise in the second, one line each; none where nothing is. */
export function differences(bare: Outcome, recorded: Outcome): string[] {
  const found: string[] = [];
  if (bare.ending !== recorded.ending) found.push(`ends with ${recorded.ending}, bare with ${bare.ending}`);
  for (const stream of ['stdout', 'stderr'] as const) {
    const line = firstDifference(bare[stream], recorded[stream]);
    if (line !== undefined) found.push(`${stream}, ${line}`);
  }
  for (const [name, content] of recorded.files) {
    const other = bare.files.get(name);
    if (other === undefined) found.push(`there is a file ${name}`);
    else if (other !== content) found.push(`${name} holds something else`);
  }
  for (const name of bare.files.keys()) if (!recorded.files.has(name)) found.push(`there is no file ${name}`);
  return found;
}

function firstDifference(bare: string, recorded: string): string | undefined {
  if (bare === recorded) return undefined;
  const [before, after] = [bare.split('\n'), recorded.split('\n')];
  const at = before.findIndex((line, index) => line !== after[index]);
  const line = at === -1 ? before.length : at;
  return `line ${line + 1}: ${JSON.stringify(after[line] ?? '')}, bare ${JSON.stringify(before[line] ?? '')}`;
}
