import { specifyTerminating } from './terminating.js';

specifyTerminating(40, 3);
