import { basename, join } from 'node:path';

import { runCode } from './code.ts';

/*
 * What `run-once.js`, `status.js` and `setup.js` of the bundle are: each starts the file of its own
 * name in `code/`.
 */

runCode(join(import.meta.dirname, 'code', basename(import.meta.filename)));
