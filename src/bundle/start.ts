import { createRequire, enableCompileCache } from 'node:module';
import { basename, join } from 'node:path';

/*
 * The bundle's `run-once.js`, `status.js` and `setup.js`: each starts the file of its name in `code/`,
 * with what Node compiled of it when the image was made. Without that it starts all the same.
 */

enableCompileCache(join(import.meta.dirname, 'compiled'));

createRequire(import.meta.filename)(
  join(import.meta.dirname, 'code', basename(import.meta.filename)),
);
