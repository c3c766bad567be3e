import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { Folder, Run, root } from '../../cli/command.js';
import { busyUntil } from '../profiled-program.js';
import { pushedIn, Receiver } from './receiver.js';

const page = readFileSync(join(root, 'docs/push.md'), 'utf8');
const source = (file: string) => readFileSync(join(root, 'src', file), 'utf8');

/** Names with this beginning, in code between quotes or after `env.`, in Markdown between backticks. */
function names(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort();
}

it('docs/push.md has every variable that counts, and no other', () => {
  const environment = source('application/environment.ts').replace(/\/\*\*.*?\*\//gs, '');
  const own = names(environment, /PROFBUF_PUSH_([A-Z]+)/g);
  const table = page.slice(page.indexOf('| `push` |'), page.indexOf('For OTLP `…_COMPRESSION'));
  const documented = names(table, /\| `([A-Z]+)`/g);
  assert.deepEqual([...documented, 'PROTOCOL'].sort(), own);
  assert.match(page, /`PROFBUF_PUSH_PROTOCOL`/);

  const settings = source('protocol/push-settings.ts').replace(/\/\*\*.*?\*\//gs, '');
  for (const name of names(settings, /\b(PYROSCOPE_[A-Z_]+)/g)) {
    const isPassword = name === 'PYROSCOPE_BASIC_AUTH_PASSWORD';
    assert.ok(page.includes(isPassword ? '…_PASSWORD' : name), name);
  }
  for (const suffix of names(settings, /of\('([A-Z_]+)'\)/g)) {
    assert.ok(page.includes(`OTEL_EXPORTER_OTLP_${suffix}`) || page.includes(`…_${suffix}`), suffix);
  }
});

it('the examples of docs/push.md push, but for the place', async (t) => {
  const receiver = await Receiver.start(t);
  const folder = new Folder(t);
  const server = folder.write('server.js', busyUntil(5));
  assert.ok(server);
  const [shell = '', script = ''] = [...page.matchAll(/^```(?:sh|js)\n(.*?)^```$/gms)].map(([, code]) => code);
  const at = (line: string) => line.replace(/https?:\/\/[a-z.]+(:\d+)?/, receiver.url);
  const lines = shell.trim().split('\n');
  assert.equal(lines.length, 3);
  for (const line of lines) {
    const command = at(line)
      .replace('npx profbuf', `${process.execPath} ${join(root, 'dist/cli/main.js')}`)
      .replace(/(^| )node /, `$1${process.execPath} `)
      .replace('profbuf/register', join(root, 'dist/register.cjs'));
    const { code, stderr } = await new Run('sh', ['-c', command], { cwd: folder.path }).end();
    assert.equal(code, 0, `${command}\n${stderr}`);
  }
  const program = `${at(script).replace("'profbuf'", JSON.stringify(join(root, 'dist/index.js')))}\n${busyUntil(5)}`;
  const { code, stderr } = await new Run(process.execPath, [folder.write('app.mjs', program)], {
    cwd: folder.path,
    env: { TOKEN: 'abc' },
  }).end();
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    receiver.received.map(({ path }) => path),
    [...Array(2).fill('/push.v1.PusherService/Push'), '/v1development/profiles', '/push.v1.PusherService/Push'],
  );
  const last = receiver.received.at(-1) ?? assert.fail();
  assert.equal(pushedIn(last).labels.region, 'eu');
  assert.equal(last.headers.authorization, 'Bearer abc');
});
