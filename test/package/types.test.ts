import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { root } from '../cli/command.js';
import { projectWithPackage } from './packed.js';
import { bufferProgram, compiles, compilesBuffer, program, type Setting } from './type-checks.js';

/** The older ones are tried in ecosystem.soak.test.ts. */
const compilers: Readonly<Record<string, readonly Setting[]>> = {
  typescript: [
    'module commonjs, moduleResolution bundler',
    'module node16, a CommonJS file',
    'module nodenext, an ES module',
  ],
  ts5: ['module commonjs, moduleResolution node10'],
};

describe('the declarations are right', () => {
  const project = projectWithPackage({ after }, '@types', 'undici-types', '@opentelemetry/api');
  for (const name of ['app.ts', 'app.cts', 'app.mts']) project.write(name, program);
  project.write('buffer.cts', bufferProgram);

  for (const [name, settings] of Object.entries(compilers)) {
    const tsc = join(root, 'node_modules', name, 'bin/tsc');
    for (const setting of settings) {
      it(`to ${name}, ${setting}`, async () => {
        await compiles(tsc, project.path, setting);
      });
    }
  }

  it('in profbuf/buffer where there is nothing but ES2020', async () => {
    await compilesBuffer(join(root, 'node_modules/typescript/bin/tsc'), project.path);
  });
});
