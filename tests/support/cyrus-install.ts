import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { mayIsolate } from './container.ts';

/** A Cyrus on this machine, and how its programs are run. */
export interface CyrusInstall {
  readonly kind: 'cyrus' | 'cyrus-new';
  /** What the machine needs for it. */
  readonly needs: string;
  isThere(): boolean;
  /** The user that its programs run as, and that must own its files. */
  findOwner(): CyrusOwner;
  /** The command line that runs one of its programs. */
  enter(command: readonly string[]): readonly string[];
}

export interface CyrusOwner {
  readonly name: string;
  /** Null: as ourselves. */
  readonly ids: { readonly uid: number; readonly gid: number } | null;
}

const MASTER = '/usr/lib/cyrus/bin/master';

/** The one that this machine's Debian packages: 3.6.1 on Debian 12. */
export const PACKAGED_CYRUS: CyrusInstall = {
  kind: 'cyrus',
  needs:
    'Cyrus: apt-get install --no-install-recommends cyrus-imapd cyrus-caldav sasl2-bin libsasl2-modules',
  isThere: () => existsSync(MASTER),
  findOwner() {
    const idOf = (...args: readonly string[]): string =>
      execFileSync('id', args, { encoding: 'utf8' }).trim();
    if (process.getuid?.() !== 0) return { name: idOf('-un'), ids: null };
    return {
      name: 'cyrus',
      ids: { uid: Number(idOf('-u', 'cyrus')), gid: Number(idOf('-g', 'cyrus')) },
    };
  },
  enter(command) {
    const { ids } = this.findOwner();
    if (ids === null) return command;
    return ['setpriv', `--reuid=${ids.uid}`, `--regid=${ids.gid}`, '--clear-groups', ...command];
  },
};

const CACHE = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
/** Where `cyrus-new/install.sh` puts it. */
const ROOT = join(CACHE, 'mailroom/cyrus-new');

/** The newest one that Debian has (sid: 3.12.4 in November 2026), in a root folder of its own. */
export const NEWEST_CYRUS: CyrusInstall = {
  kind: 'cyrus-new',
  needs: 'root on Linux, and the newest Cyrus: bash tests/support/cyrus-new/install.sh',
  isThere: () => mayIsolate && existsSync(join(ROOT, MASTER)),
  // As the script writes them into the root's passwd.
  findOwner: () => ({ name: 'cyrus', ids: { uid: 70, gid: 8 } }),
  enter(command) {
    const isolate = ['/usr/bin/unshare', '--mount', '--propagation', 'private'];
    return [...isolate, '/bin/sh', '-c', ENTER, 'enter', ROOT, tmpdir(), ...command];
  },
};

/** The servers' folders have the same path inside as outside. */
const ENTER = `
set -e
root=$1 temporary=$2
shift 2
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mkdir -p "$root$temporary"
mount --rbind "$temporary" "$root$temporary"
exec chroot --userspec=70:8 "$root" "$@"
`;
