#!/usr/bin/env bash
# Node.js 20.20.2, 22.23.3, 24.21.0 and 26.10.0: SIGUSR1 to the primary of a cluster opens the inspector of the primary, and of every one of its
# workers as well, each at a port of its own. Closing the primary's closes none of the workers'.
#
# A good guess is wrong: "SIGUSR1 opens the inspector of the process that gets it, and whoever opened one has one to close". Node's
# cluster module passes the signal on (its channel tells the workers to start debugging), so a tool that attaches to a primary, takes its profile
# and closes what it opened, leaves as many open ports behind as there are workers.
#
# Seen, on each version: "after the signal: primary and 2 of 2 workers; after the primary's was closed: 2 of 2 workers"
#
# Exits non-zero when a version does otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >cluster.cjs <<'PROGRAM'
const cluster = require('node:cluster');
const inspector = require('node:inspector');
const { setTimeout: pause } = require('node:timers/promises');
const isOpen = () => inspector.url() !== undefined;

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  const ask = (worker) =>
    new Promise((resolve) => {
      worker.once('message', resolve);
      worker.send('open?');
    });
  const openWorkers = async () => (await Promise.all(workers.map(ask))).filter(Boolean).length;
  (async () => {
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('online', resolve))));
    process.kill(process.pid, 'SIGUSR1');
    for (let i = 0; i < 100 && !(isOpen() && (await openWorkers()) === 2); i++) await pause(50);
    const after = `${isOpen() ? 'primary and ' : ''}${await openWorkers()} of 2 workers`;
    inspector.close();
    await pause(500);
    console.log(`after the signal: ${after}; after the primary's was closed: ${await openWorkers()} of 2 workers`);
    for (const worker of workers) worker.kill();
  })();
} else {
  process.on('message', () => process.send(isOpen()));
}
PROGRAM
for version in 20.20.2 22.23.3 24.21.0 26.10.0; do
  npm install --silent --no-save --no-audit --no-fund --prefix "node-$version" "node@$version" >/dev/null
  seen=$("node-$version/node_modules/node/bin/node" --inspect-port=29300 cluster.cjs 2>/dev/null)
  echo "v$version $seen"
  [ "$seen" = "after the signal: primary and 2 of 2 workers; after the primary's was closed: 2 of 2 workers" ]
done
