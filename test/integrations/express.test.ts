import { equal } from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { runtimes } from '../runtimes.js';
import { expectations, get, post } from './observed.js';
import type { Observations } from './programs/observations.js';
import { outputOfProgram } from './programs.js';

for (const expressPackage of ['express', 'express4']) {
  for (const runtime of runtimes) {
    describe(`profbuf/express with ${expressPackage} on ${runtime.name}`, () => {
      let observations: Observations;
      before(async () => {
        observations = await outputOfProgram(runtime.path, 'express-requests', expressPackage);
      });

      const { isLabelled, isNeverLabelled, isStatus, itFailsNoRequest } = expectations(() => observations);

      it('labels a route that was found on a shared connection as the request', () => {
        isLabelled('route found on a shared connection', get('/shared/:id'), get('/shared/:id'));
      });

      it('leaves labels that were set on the way to the route', () => {
        isLabelled('route found after setLabels', { method: 'GET', tenant: 'globex', route: '/set/:id' });
        const byBody = { method: 'POST', tenant: 'globex', route: '/set-by-body/:id' };
        isLabelled('route found after setLabels in an event', byBody);
      });

      it('gives the path of a mounted router as it was written', () => {
        isLabelled('router', get('/sub/:t/x/:y'), get('/sub/:t/x/:y'), get('/sub/:t/x/:y'));
        const wildcard = expressPackage === 'express4' ? '*' : '*path';
        isLabelled('wildcard mount', get(`/files/${wildcard}/of/x`));
        isLabelled('parameter that is part of a segment', get('/@:handle/'));
        isLabelled('mount with a slash at its end', get('/slash/:t/x'));
      });

      it('gives the paths of routers in routers as they were written', () => {
        isLabelled('nested router that merges parameters', get('/sub/:t/merging/:u/:y'));
        isLabelled('nested router', get('/sub/:t/apart/:u/:y'));
        isLabelled('static mount in a merging router', get('/organizations/:organization/v1/'));
      });

      it('gives the path as it was written after other routers had nothing', () => {
        isLabelled('route after nested routers', get('/sub/:t/after/:z'));
        isLabelled('sibling router at another parameter', get('/sub/:v/sibling'));
        isLabelled('route after routers', get('/sub/:w/last'));
      });

      it('leaves a route that is known already to the handlers, and labels it', () => {
        isLabelled('middleware of a route', { method: 'GET', route: '/route/:id', path: '/route/:id' });
        isLabelled('middleware of a route in a router', { method: 'GET', route: '/mounted/:mount/route/:id' });
        isLabelled('middleware after a route', { method: 'GET', route: '/late/:id', path: '/:id' });
        isLabelled('route after that', { method: 'GET', route: '/late/:name' });
      });

      it('labels the events of a body by the route', () => {
        isLabelled('data of an upload', post('/upload/:id'), post('/upload/:id'));
        isLabelled('end of an upload', post('/upload/:id'));
        isLabelled('route after a parsed body', post('/bodies/:id'));
      });

      it('labels the events of a request that was aborted by the route', () => {
        isLabelled('close of an aborted request', post('/aborted/:id'));
      });

      it('labels a reply that is streamed', () => {
        isLabelled('streaming reply', get('/stream/:id'), get('/stream/:id'), get('/stream/:id'));
      });

      it('cuts the text of a route that is too long for a label', () => {
        const [labels, ...more] = observations['route with a long text'] ?? [];
        equal(more.length, 0);
        equal(String(labels?.route).length, 1024);
        equal(labels?.method, 'GET');
        isStatus('/long/a', 200);
      });

      itFailsNoRequest();

      it('labels the handler of an error by the route', () => {
        isLabelled('error handler', get('/throws/:id'), get('/rejects/:id'), {}, {});
        isStatus('/throws/1', 500);
        isStatus('/rejects/1', 500);
      });

      it('labels what no route answers by the method alone', () => {
        isLabelled('not found', { method: 'GET', tenant: 'acme' });
      });

      it('leaves no label behind', () => {
        isNeverLabelled('before any request');
        isNeverLabelled('after any request');
      });

      it('leaves no label behind on a shared connection', () => {
        isNeverLabelled('callback of a shared connection');
      });

      it('labels each request on a socket as itself', () => {
        isLabelled('first request on a socket', post('/keep-alive/:id'), post('/keep-alive/:id'));
        const second = { method: 'GET', tenant: 'acme' };
        isLabelled('second request on a socket', second, second);
        isNeverLabelled('before the next request on a socket');
      });
    });
  }
}
