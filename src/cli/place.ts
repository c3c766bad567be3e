import { sep } from 'node:path';

/** Takes the current folder off every path in the text: what is in it is named from here. */
export function fromHere(text: string): string {
  return text.replaceAll(`${process.cwd()}${sep}`, '');
}
