import { workerData } from 'node:worker_threads';
import type { CollectorData } from '../protocol/messages.js';
import { Collector } from './collector.js';
import { PprofService } from './http/pprof-service.js';

// The whole program of the collector's thread.
const data = workerData as CollectorData;
const collector = new Collector(data, (source) => new PprofService(source, data.options));
// A thread that ended with its session open could take the process with it; see Collector.run.
process.on('uncaughtException', (error: Error) => collector.fail(error));
collector.run();
