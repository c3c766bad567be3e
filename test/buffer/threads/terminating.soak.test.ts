import { specifyTerminating } from './terminating.js';

specifyTerminating(1000, 15);
