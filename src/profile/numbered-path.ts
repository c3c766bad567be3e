import { basename, dirname, join } from 'node:path';

/** With these the number goes before both parts; otherwise before the last, if that is no number itself. */
const ending = /(?<=.)(\.pb\.gz|\.speedscope\.json|\.collapsed\.txt|\.[^.\d][^.]*)$/;

/** Of files that are to have one name, each but the first has a number: `cpu.pb.gz`, `cpu.2.pb.gz`, … */
export function numberedPath(path: string, number: number): string {
  const name = basename(path);
  const at = ending.exec(name)?.index ?? name.length;
  return join(dirname(path), `${name.slice(0, at)}.${number}${name.slice(at)}`);
}
