import type { ProfileSource, SnapshotName } from '../profiles/profile-source.js';

const snapshots: readonly { readonly name: SnapshotName; readonly description: string }[] = [
  {
    name: 'allocs',
    description: 'The heap profile, shown by what was allocated. gc=1 and seconds=N as for heap.',
  },
  {
    name: 'block',
    description:
      'Stalls: time in which the event loop could not turn, by the stack that held it. seconds=N for a delta.',
  },
  {
    name: 'goroutine',
    description: 'What its threads run now, and what it waits for: timers, sockets and other active resources.',
  },
  {
    name: 'heap',
    description: 'A sampling of the objects on the heap of the main thread. gc=1 collects garbage first.',
  },
  { name: 'mutex', description: 'Always empty: JavaScript has no locks that V8 could tell about.' },
  { name: 'threadcreate', description: 'The threads that run JavaScript.' },
];

const collected = [
  { name: 'ui', description: 'A page that collects and shows what is named here: flame graph, functions, labels.' },
  { name: 'profile', description: 'CPU profile of all threads. seconds=N (default 30) is how long it lasts.' },
  { name: 'wall', description: 'The same with all time that passes, idle time among it.' },
  { name: 'cmdline', description: 'The command line of the program.' },
  { name: 'symbol', description: 'For pprof: says that there is nothing left to symbolize.' },
];

export async function indexPage(source: ProfileSource): Promise<string> {
  const counts = await Promise.all(snapshots.map(({ name }) => source.count(name)));
  const rows = snapshots.map(
    ({ name }, i) => `<tr><td>${counts[i] ?? '?'}</td><td><a href="${name}?debug=1">${name}</a></td></tr>`,
  );
  const links = collected.map(({ name }) => `<tr><td></td><td><a href="${name}">${name}</a></td></tr>`);
  const descriptions = [...snapshots, ...collected].map(
    ({ name, description }) => `<li><b>${name}</b>: ${description}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>/debug/pprof/</title></head>
<body>
<h1>/debug/pprof/</h1>
<p>Set debug=1 as a query parameter for text. Without it the answer is a file for <code>go tool pprof</code>.</p>
<table>
<thead><tr><th>Count</th><th>Profile</th></tr></thead>
<tbody>
${[...rows, ...links].join('\n')}
</tbody>
</table>
<ul>
${descriptions.join('\n')}
</ul>
</body>
</html>
`;
}
