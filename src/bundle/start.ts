import { basename, join } from 'node:path';

import { runCode } from './code.ts';

/* The bundle's `run-once.js`, `status.js` and `setup.js`: each starts the file of its name in `code/`. */

runCode(join(import.meta.dirname, 'code', basename(import.meta.filename)));
