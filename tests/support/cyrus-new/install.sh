#!/bin/bash
# The newest Cyrus IMAP that Debian has, unpacked into a root of its own: what the test lane `cyrus-new`
# runs on. Nothing is installed outside of that folder. It takes 62 MB of packages, 220 MB on disk and
# half a minute, on any Debian with the archive's keyring. Prints the version.
#   install.sh [SUITE]     sid by default
set -euo pipefail
suite=${1:-sid}
root=${XDG_CACHE_HOME:-$HOME/.cache}/mailroom/cyrus-new
[ ! -e "$root" ] || { echo "$root is there: remove it first" >&2; exit 2; }
mkdir -p "$(dirname "$root")"
work=$(mktemp -d -p "$(dirname "$root")")
trap 'rm -rf "$work"' EXIT

# An apt that knows of no installed package, and writes only here. It reaches the archive as this machine's does.
mkdir -p "$work"/{lists/partial,archives/partial}
: > "$work/status"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2> /dev/null | head -n 1)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian/} $suite main" > "$work/sources.list"
apt() {
  apt-get -qq -y \
    -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o "Dir::State::Lists=$work/lists" -o "Dir::State::Status=$work/status" -o "Dir::Cache=$work" \
    -o APT::Sandbox::User= -o Acquire::Languages=none -o APT::Install-Recommends=false "$@"
}
apt update
apt install --download-only cyrus-imapd cyrus-caldav sasl2-bin libsasl2-modules

# Unpacked, not configured: the tests need programs and libraries, no services.
new=$work/root
mkdir -p "$new"/{dev,proc,tmp,etc,var} "$new"/usr/{bin,sbin,lib,lib64}
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$new/$folder"; done
unpack() {
  dpkg-deb --fsys-tarfile "$2" | tar -x -C "$1" --no-same-owner --keep-directory-symlink \
    --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale
}
export -f unpack
printf '%s\0' "$work"/archives/*.deb | xargs -0 -n 1 -P 2 bash -c 'unpack "$0" "$1"' "$new"
printf 'root:x:0:0::/root:/bin/sh\ncyrus:x:70:8::/tmp:/bin/sh\n' > "$new/etc/passwd"
printf 'root:x:0:\nmail:x:8:\n' > "$new/etc/group"
dpkg-deb --field "$work"/archives/cyrus-imapd_*.deb Package Version | tr '\n' ' '
echo
mv "$new" "$root"
