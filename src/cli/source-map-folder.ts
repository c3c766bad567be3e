import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Profile } from '../profile/profile.js';
import { originalModel } from '../profile/source-maps/original-model.js';
import { diskFiles } from '../profile/source-maps/source-files.js';
import { SourceMaps } from '../profile/source-maps/source-maps.js';
import { BadInput, reasonOf } from './bad-input.js';

/** A folder with more files than this is none of maps. */
const mostFiles = 200_000;

/**
 * The profile, by the sources of the maps in a folder. It may have been made on another machine, so files are known by the end of
 * their paths: `/srv/app/dist/server.js` is the `server.js` of the folder, and of several the one in a folder of the name `dist`.
 *
 * @throws BadInput when the folder cannot be read.
 */
export async function withSourceMaps(profile: Profile, folder: string): Promise<Profile> {
  const scripts = scriptsIn(folder);
  const maps = new SourceMaps({ files: diskFiles, pathOf: (file) => nearest(file, scripts.get(fileName(file)) ?? []) });
  const { model, comments } = await originalModel(profile.model, (frames) => maps.originalsOf(frames));
  if (model !== undefined) return Profile.fromModel(model);
  const reasons = comments.length > 0 ? comments : [`no map in ${folder} is that of a file of the profile`];
  for (const reason of reasons) process.stderr.write(`profbuf: ${reason}\n`);
  return profile;
}

/** What has a map beside it or is a script, by its name. */
function scriptsIn(folder: string): ReadonlyMap<string, string[]> {
  const scripts = new Map<string, Set<string>>();
  const open = [resolve(folder)];
  let files = 0;
  try {
    if (!statSync(folder).isDirectory()) throw new BadInput(`--source-maps ${folder}: it is no folder`);
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        if (++files > mostFiles) throw new BadInput(`--source-maps ${folder}: it has more than ${mostFiles} files`);
        if (entry.isDirectory() && entry.name !== 'node_modules') open.push(join(path, entry.name));
        else if (entry.isFile() && /\.([cm]?jsx?|map)$/.test(entry.name)) {
          const name = entry.name.replace(/\.map$/, '');
          const others = scripts.get(name) ?? new Set();
          scripts.set(name, others.add(join(path, name)));
        }
      }
    }
  } catch (error) {
    if (error instanceof BadInput) throw error;
    throw new BadInput(`--source-maps ${folder}: ${reasonOf(error)}`);
  }
  return new Map([...scripts].map(([name, paths]) => [name, [...paths]]));
}

function fileName(file: string): string {
  return basename(file.replaceAll('\\', '/'));
}

/** The one whose path has most in common with the file's, from the end; none where several have. */
function nearest(file: string, paths: readonly string[]): string | undefined {
  const parts = file.replaceAll('\\', '/').split('/').reverse();
  const common = (path: string) => {
    const others = path.replaceAll('\\', '/').split('/').reverse();
    const end = parts.findIndex((part, i) => part !== others[i]);
    return end === -1 ? parts.length : end;
  };
  const ranked = paths.map((path) => ({ path, common: common(path) })).sort((a, b) => b.common - a.common);
  const [first, second] = ranked;
  return first !== undefined && first.common !== second?.common ? first.path : undefined;
}
