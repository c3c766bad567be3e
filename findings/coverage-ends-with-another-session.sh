#!/usr/bin/env bash
# Exact coverage of V8 beside another session of the inspector that ends, on Node.js 20.20.2, 22.23.3, 24.21.0 and 26.10.0: the end of any
# session that had the Profiler domain enabled switches the whole isolate from exact counts of blocks back to an estimate by function, and
# throws away what was counted, for whoever had asked for coverage.
#
# A good guess is wrong: "sessions are apart; one that never asked for coverage cannot end that of another". V8's agent stops precise
# coverage when it is disabled, whether it had started it or not, and the mode is the isolate's. Neither session hears of it: Node writes its
# file for NODE_V8_COVERAGE as always, with a branch that never ran as covered. So a profiler that uses the domain makes reports of
# coverage wrong.
#
# Seen:
#   v20.20.2 alone              called: 3 0
#   v20.20.2 another session    called: 1
#   (22, 24 and 26 likewise; "3 0" is three calls, and a branch that was not taken)
#
# Exits non-zero when coverage survives the other session's end, or is not exact without one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >program.cjs <<'PROGRAM'
function called(n) { if (n > 5) return 2; return 1; }
for (let n = 0; n < 3; n++) called(n);
if (process.argv[2] === 'another session') {
  const { Session } = require('node:inspector');
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.disconnect();
}
PROGRAM
cat >show.cjs <<'PROGRAM'
const { readdirSync, readFileSync } = require('node:fs');
const [folder, name, expected] = process.argv.slice(2);
const counts = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')).result)
  .filter(({ url }) => url.endsWith('/program.cjs')).flatMap(({ functions }) => functions)
  .filter(({ functionName }) => functionName === 'called').map(({ ranges }) => ranges.map(({ count }) => count).join(' '));
console.log(process.version, name.padEnd(18), `called: ${counts.join()}`);
process.exitCode = (counts.join() === '3 0') === (expected === 'exact') ? 0 : 1;
PROGRAM
for version in 20.20.2 22.23.3 24.21.0 26.10.0; do
  npm install --silent --no-save --no-audit --no-fund --prefix "$version" "node@$version" >/dev/null
  node=$version/node_modules/node/bin/node
  NODE_V8_COVERAGE=alone "$node" program.cjs alone
  "$node" show.cjs alone alone exact
  NODE_V8_COVERAGE=beside "$node" program.cjs 'another session'
  "$node" show.cjs beside 'another session' estimated
  rm -rf alone beside
done
