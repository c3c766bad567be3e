import { type ProfileFormat, profileFormats } from '../profile/format.js';
import { BadInput } from './bad-input.js';

/** The first ending is the one of the default name. */
const endings: Readonly<Record<ProfileFormat, readonly string[]>> = {
  pprof: ['.pb.gz', '.pprof', '.pb'],
  cpuprofile: ['.cpuprofile'],
  speedscope: ['.speedscope.json', '.json'],
  collapsed: ['.collapsed.txt', '.collapsed', '.folded', '.txt'],
};

export function defaultName(stem: string, format: ProfileFormat): string {
  return `${stem}${endings[format][0]}`;
}

/** Takes the ending of any of the formats off a file's name. */
export function stemOf(name: string): string {
  const ending = Object.values(endings)
    .flat()
    .find((ending) => name.endsWith(ending) && name.length > ending.length);
  return ending === undefined ? name : name.slice(0, -ending.length);
}

/**
 * The format that `--format` names or, without it, the one that the output's name ends like; pprof if it says nothing.
 * @throws BadInput when there is no such format.
 */
export function chooseFormat(named: string | undefined, output: string | undefined): ProfileFormat {
  if (named === undefined) {
    return profileFormats.find((format) => endings[format].some((ending) => output?.endsWith(ending))) ?? 'pprof';
  }
  const format = profileFormats.find((format) => format === named);
  if (format === undefined) throw new BadInput(`no format ${named}; the formats are ${profileFormats.join(', ')}`);
  return format;
}
