import { otherEngines } from '../../other-engines.js';
import { specifyStreaming } from './streaming.js';

specifyStreaming(3000, 5);
specifyStreaming(1000, 5, otherEngines);
