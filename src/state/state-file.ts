import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * The file that `path` leads to, which need not exist yet; links are followed. Throws an Error that
 * says why for anything that exists and is no regular file: to replace `/dev/null` would harm the
 * whole machine, and to open a FIFO would wait for ever.
 */
export function findStateFile(path: string): string {
  const file = followLinks(path);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return file;
  throw new Error(`it is ${describeKind(found)}, not a regular file; set MAILROOM_STATE_FILE`);
}

/** Creates a file beside the state and takes it away again. Throws what node:fs throws. */
export function probeStateFile(path: string): void {
  const file = findStateFile(path);
  const probe = join(nearestExisting(dirname(file)), `.${basename(file)}.probe-${randomUUID()}`);
  const descriptor = openSync(probe, 'wx', 0o600);
  try {
    writeSync(descriptor, 'mailroom\n');
  } finally {
    closeSync(descriptor);
    rmSync(probe, { force: true });
  }
}

/** The number that Linux follows. */
const MAX_LINKS = 40;

/** Like realpath, but also where the last link leads to nothing yet. */
function followLinks(path: string): string {
  let file = resolve(path);
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() !== true) return existsSync(file) ? realpathSync(file) : file;
    file = resolve(dirname(file), readlinkSync(file));
  }
  throw new Error('its links lead nowhere; set MAILROOM_STATE_FILE');
}

function describeKind(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a FIFO';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}

/** The first pass makes the folders that are missing. */
function nearestExisting(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder
    ? folder
    : nearestExisting(dirname(folder));
}
