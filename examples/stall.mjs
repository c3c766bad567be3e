// An HTTP server that is asked to import a large feed, and answers nobody else meanwhile:
// node dist/cli/main.js record --stall 250 examples/stall.mjs
import { createServer } from 'node:http';
import { withLabels } from 'profbuf';

const feed = JSON.stringify(Array.from({ length: 1_000_000 }, (_, id) => ({ id, name: `name ${id}` })));

function parseFeed(text) {
  const byName = new Map();
  for (const { id, name } of JSON.parse(text)) byName.set(name, id);
  return byName;
}

function handle(request, response) {
  withLabels({ route: request.url }, function importFeed() {
    response.end(`${parseFeed(feed).size} names\n`);
  });
}

const server = createServer(handle).listen(0, '127.0.0.1', async () => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}/import`);
  process.stdout.write(await response.text());
  server.close();
});
