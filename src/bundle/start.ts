import * as nodeModule from 'node:module';
import { basename, join } from 'node:path';

/*
 * The bundle's `run-once.js`, `status.js` and `setup.js`: each starts the file of its name in `code/`,
 * with what Node compiled of it when the image was made. Without that it starts as well, only slower.
 */

// A Node that is too old has no such cache, and gets to say that it is too old.
(nodeModule.enableCompileCache as typeof nodeModule.enableCompileCache | undefined)?.(
  join(import.meta.dirname, 'compiled'),
);

nodeModule.createRequire(import.meta.filename)(
  join(import.meta.dirname, 'code', basename(import.meta.filename)),
);
