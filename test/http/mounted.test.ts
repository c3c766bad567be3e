import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Profile } from 'profbuf';
import { Folder, Run, root } from '../cli/command.js';
import { ask, shareOf } from '../collector/http/served-program.js';

/** How an application mounts the endpoints; each prints its port. */
const servers: Readonly<Record<string, { code: string; path?: string }>> = {
  'node:http': {
    code: `import { createServer } from 'node:http';
      const pprof = pprofHandler();
      createServer((request, response) => {
        if (request.url.startsWith('/debug/pprof')) pprof(request, response);
        else response.end('application');
      }).listen(0, '127.0.0.1', function () { listening(this.address().port); });`,
  },
  express: {
    code: `import express from 'express';
      const app = express();
      app.use('/debug/pprof', pprofHandler());
      app.get('/{*path}', (request, response) => response.send('application'));
      const server = app.listen(0, '127.0.0.1', () => listening(server.address().port));`,
  },
  'express, at a path of its own, in front of the application': {
    path: '/internal/profiles/',
    code: `import express from 'express';
      const app = express();
      app.use('/internal/profiles', pprofHandler());
      app.use(pprofHandler());
      app.get('/{*path}', (request, response) => response.send('application'));
      const server = app.listen(0, '127.0.0.1', () => listening(server.address().port));`,
  },
  fastify: {
    code: `import fastify from 'fastify';
      const app = fastify();
      app.get('/debug/pprof', pprofHandler());
      app.get('/debug/pprof/*', pprofHandler());
      app.get('/*', async () => 'application');
      await app.listen({ port: 0, host: '127.0.0.1' });
      listening(app.server.address().port);`,
  },
  hono: {
    code: `import { Hono } from 'hono';
      import { serve } from '@hono/node-server';
      const app = new Hono();
      app.get('/debug/pprof', (context) => pprofFetch(context.req.raw));
      app.get('/debug/pprof/*', (context) => pprofFetch(context.req.raw));
      app.get('/*', (context) => context.text('application'));
      serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => listening(port));`,
  },
};

for (const [name, { code, path = '/debug/pprof/' }] of Object.entries(servers)) {
  test(`mounted in ${name}, the endpoints answer beside the application`, async (t) => {
    const folder = new Folder(t);
    const script = folder.write(
      'app.mjs',
      `import { createRequire } from 'node:module';
      const require = createRequire(${JSON.stringify(`${root}package.json`)});
      const { pprofFetch, pprofHandler } = await import(${JSON.stringify(`${root}dist/http/index.js`)});
      const { startProfiler } = await import(${JSON.stringify(`${root}dist/index.js`)});
      await startProfiler();
      function busy() {
        let sum = 0;
        for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i);
        setTimeout(busy);
        return sum;
      }
      busy();
      function listening(port) { console.log('port', port); }
      ${code.replace(/^\s*import (.*) from '([^']*)';$/gm, (_, names, from) => dynamicImport(names, from))}`,
    );
    const run = new Run(process.execPath, [script], { cwd: folder.path });
    t.after(() => run.process.kill('SIGKILL'));
    const url = `http://127.0.0.1:${(await run.printed(/port (\d+)\n/))[1]}`;

    const [index, profile, heap, unknown, head, bare, application] = await Promise.all([
      ask(url + path),
      ask(`${url}${path}profile?seconds=1`),
      ask(`${url}${path}heap?debug=1`),
      ask(`${url}${path}nothing`),
      ask(`${url}${path}wall`, { method: 'HEAD' }),
      ask(url + path.slice(0, -1)),
      ask(`${url}/other`),
    ]);
    assert.equal(index.status, 200);
    assert.match(index.body.toString(), /<h1>\/debug\/pprof\/<\/h1>/);
    assert.equal(profile.headers['content-disposition'], 'attachment; filename="profile"');
    const decoded = Profile.decode(profile.body);
    assert.ok(shareOf(decoded, 'busy') > 0.1, decoded.topTable());
    assert.match(heap.body.toString(), /^heap profile: /);
    assert.deepEqual([unknown.status, unknown.headers['x-go-pprof']], [404, '1']);
    assert.deepEqual([head.status, head.body.length], [200, 0]);
    assert.deepEqual([bare.status, bare.headers.location], [301, path]);
    assert.equal(application.body.toString(), 'application');
  });
}

/** The program lies in a temporary folder, where no packages are. */
function dynamicImport(names: string, from: string): string {
  const binding = names.startsWith('{') ? names : `{ default: ${names} }`;
  return `const ${binding} = await import(require.resolve(${JSON.stringify(from)}));`;
}

test('without a profiler the mounted endpoints say how to start one', async (t) => {
  const folder = new Folder(t);
  const script = folder.write(
    'app.mjs',
    `import { createServer } from 'node:http';
    const { pprofHandler } = await import(${JSON.stringify(`${root}dist/http/index.js`)});
    createServer(pprofHandler()).listen(0, '127.0.0.1', function () { console.log('port', this.address().port); });`,
  );
  const run = new Run(process.execPath, [script], { cwd: folder.path });
  t.after(() => run.process.kill('SIGKILL'));
  const url = `http://127.0.0.1:${(await run.printed(/port (\d+)\n/))[1]}`;
  const { status, body } = await ask(`${url}/debug/pprof/profile`);
  assert.equal(status, 503);
  assert.match(body.toString(), /^no profiler runs in this process: startProfiler\(\)/);
});
