import { workerData } from 'node:worker_threads';
import { PprofService } from '../http/pprof-service.js';
import { Collector } from './collector.js';
import type { CollectorData } from './messages.js';

// The whole program of the collector's thread.
const data = workerData as CollectorData;
new Collector(data, (source) => new PprofService(source, data.options)).run();
