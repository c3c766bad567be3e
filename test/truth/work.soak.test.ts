import { holds } from './holds.js';

holds('three-functions');
holds('garbage');
holds('native');
