import { deepEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LabelledSample } from '../labels/programs/samples.js';
import { labelsOfFunction, outputOfProgram, twoRuntimes } from './programs.js';

for (const [program, ...options] of [['express'], ['express', 'express4'], ['fastify'], ['hono']] as const) {
  describe(`samples of ${options[0] ?? program} have a request's method and route`, () => {
    for (const runtime of twoRuntimes) {
      it(runtime.name, async () => {
        const samples = await outputOfProgram<LabelledSample[]>(runtime.path, program, ...options);
        const labelsOf = (name: string) => labelsOfFunction(samples, name).map((labels) => JSON.parse(labels));
        deepEqual(labelsOf('get_user'), [{ method: 'GET', route: '/users/:id', tenant: 'acme' }]);
        deepEqual(labelsOf('post_item'), [{ method: 'POST', route: '/orders/:order/items', tenant: 'acme' }]);
        deepEqual(labelsOf('not_found'), [{ method: 'GET', tenant: 'acme' }]);
      });
    }
  });
}
