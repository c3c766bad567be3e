import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../cli/command.js';
import { goEnvironment, skip as skipWithoutGo } from '../../go-tool.js';
import { skipWithout } from '../../required-tool.js';
import { busyProgram, ServedProgram } from './served-program.js';

/** The lines of the page's shell examples that ask `localhost:6060` for something. */
function examples(page: string): string[] {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms);
  const lines = [...blocks].flatMap(([, block = '']) => block.split('\n'));
  return lines.filter((line) => /^(curl|go tool pprof) /.test(line) && line.includes('localhost:6060'));
}

for (const page of ['README.md', 'docs/http.md']) {
  const skip = skipWithout('curl', '--version') || skipWithoutGo;
  test(`the examples of ${page} run as they are written, but for the port`, { skip }, async (t) => {
    const program = await ServedProgram.start(t, busyProgram);
    const commands = examples(page);
    assert.ok(commands.length > 0);
    const env = goEnvironment(program.folder.path);
    for (const command of commands) {
      const { host } = new URL(program.url);
      const line = command.replace('localhost:6060', host).replace(/^curl /, 'curl --fail-with-body ');
      const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
        cwd: program.folder.path,
        env,
        encoding: 'utf8',
      });
      assert.equal(status, 0, `${line}\n${stdout}${stderr}`);
    }
  });
}
