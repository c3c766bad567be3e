import { workerData } from 'node:worker_threads';
import type { CollectorData } from '../protocol/messages.js';
import { Collector } from './collector.js';
import { PprofService } from './http/pprof-service.js';
import type { PushService } from './push/push-service.js';

// The whole program of the collector's thread.
const data = workerData as CollectorData;
const collector = new Collector(data, {
  newService: (source) => new PprofService(source, data.options),
  loadPushService: () => evaluate(data.pushSource) as typeof PushService,
});
// A thread that ended with its session open could take the process with it; see Collector.run.
process.on('uncaughtException', (error: Error) => collector.fail(error));
collector.run();

function evaluate(source: string): unknown {
  const { Script } = process.getBuiltinModule('node:vm');
  return new Script(source, { filename: 'profbuf:push' }).runInThisContext();
}
