import { readFileSync } from 'node:fs';

let limits: string | undefined;

/** How much of it may this process have, by the system's limits? Read once, at its beginning. NaN where there is no limit, or none is told. */
export function ownLimit(name: 'Max address space' | 'Max processes'): number {
  limits ??= read();
  return Number(new RegExp(`^${name} +(\\d+)`, 'm').exec(limits)?.[1] ?? Number.NaN);
}

function read(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return '';
  }
}
