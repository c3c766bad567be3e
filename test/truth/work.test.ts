import { holds } from './holds.js';

holds('three-functions');
holds('labels');
holds('garbage');
holds('native');
