import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Folder, main } from '../../cli/command.js';
import { freePort, named, owner, owners, startGroup } from './port-owner.js';

const app = "require('node:http').createServer().listen(0); console.log('there');";

describe('the port goes to the program below', { skip: process.platform === 'win32' }, () => {
  for (const [launcher, words] of Object.entries({
    npm: ['npm', 'start'],
    'npm in npm': ['npm', 'run', 'outer'],
    'a shell': ['node app.js & wait'],
  })) {
    test(launcher, async (t) => {
      const folder = new Folder(t);
      folder.write('app.js', app);
      folder.write('package.json', JSON.stringify({ scripts: { start: 'node app.js', outer: 'npm start' } }));
      const port = await freePort();
      startGroup(t, folder, [main, 'record', '--http', port, ...words]);
      const found = await owners(port, named('app.js'));
      await delay(10_000);
      assert.equal(await owner(port), found.at(-1));
    });
  }

  test('node --watch, whose program begins anew, again and again', async (t) => {
    const folder = new Folder(t);
    folder.write('app.js', app);
    const port = await freePort();
    // Its profiles are no change of what it watches.
    startGroup(t, folder, [main, 'record', '--http', port, '--', '--watch', 'app.js']);
    let last = '';
    for (let i = 0; i < 5; i++) {
      const found = await owners(port, (who) => who !== last);
      if (i > 0) assert.equal(found.filter((who) => who !== last).length, 1, `nobody in between: ${found}`);
      last = found.at(-1) ?? '';
      await delay(3000);
      last = (await owner(port)) ?? '';
      assert.ok(last !== '');
      folder.write('app.js', `${app} // ${i}`);
    }
  });
});
