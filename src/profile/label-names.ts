import type { Label, ProfileModel } from './model.js';

const prometheusName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Is it a name that Prometheus allows for a label? Pyroscope refuses a whole profile for one that is not. */
export function isPrometheusName(name: string): boolean {
  return prometheusName.test(name);
}

/**
 * The profile with label names that Prometheus allows, and a comment that says which were changed: `user-id` becomes
 * `user_id`, `0start` `_0start`. Where the profile has that name too it becomes `user_id_`, so that labels stay apart.
 * https://prometheus.io/docs/concepts/data_model/
 */
export function withPrometheusNames(profile: ProfileModel): ProfileModel {
  const names = new Set(profile.samples.flatMap(({ labels }) => labels.map(({ key }) => key)));
  const changed = changedNames(names);
  if (changed.size === 0) return profile;
  const renamed = (label: Label): Label => ({ ...label, key: changed.get(label.key) ?? label.key });
  const changes = Array.from(changed, ([name, mended]) => `${name} is ${mended}`).join(', ');
  return {
    ...profile,
    samples: profile.samples.map((sample) =>
      sample.labels.length === 0 ? sample : { ...sample, labels: sample.labels.map(renamed) },
    ),
    comments: [...profile.comments, `label names that scrapers would not read were changed: ${changes}`],
  };
}

function changedNames(names: ReadonlySet<string>): ReadonlyMap<string, string> {
  const taken = new Set([...names].filter(isPrometheusName));
  const changed = new Map<string, string>();
  // Sorted, so that profiles with the same names change them alike.
  for (const name of [...names].sort()) {
    if (isPrometheusName(name)) continue;
    let mended = name.replace(/[^a-zA-Z0-9_]/gu, '_').replace(/^(?=[0-9]|$)/, '_');
    while (taken.has(mended)) mended += '_';
    taken.add(mended);
    changed.set(name, mended);
  }
  return changed;
}
