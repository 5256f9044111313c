import * as nodeModule from 'node:module';
import { basename, join } from 'node:path';

/*
 * The bundle's `run-once.js`, `status.js`, `setup.js` and `why.js`: each starts the file of its
 * name in `code/`, with what Node compiled when the image was made. Without that it still starts,
 * only slower.
 */

// A Node that is too old has no such cache. It goes on, so that the command can say so.
(nodeModule.enableCompileCache as typeof nodeModule.enableCompileCache | undefined)?.(
  join(import.meta.dirname, 'compiled'),
);

nodeModule.createRequire(import.meta.filename)(
  join(import.meta.dirname, 'code', basename(import.meta.filename)),
);
