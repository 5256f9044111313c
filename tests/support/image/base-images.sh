#!/bin/bash
# Stand-ins for the two base images of the Containerfile, for where no container registry is reached:
# made of Debian's packages and of the Node that runs the tests. For building and testing only.
#   base-images.sh BUILD_IMAGE RUNTIME_IMAGE NODE_BINARY
# As root on Debian, with: apt-get install --no-install-recommends buildah debootstrap ca-certificates
set -euo pipefail
build_image=$1 runtime_image=$2 node=$3
export BUILDAH_ISOLATION=chroot
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
certificates=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}

# image FOLDER NAME [buildah config options]: a folder as an image of one layer.
image() {
  local folder=$1 name=$2 container mount
  shift 2
  container=$(buildah from scratch)
  mount=$(buildah mount "$container")
  tar -C "$folder" -cf - . | tar -C "$mount" -xf -
  buildah umount "$container" > /dev/null
  buildah config "$@" "$container"
  buildah commit -q --rm "$container" "$name" > /dev/null
}

# As node:24-slim: a small Debian with Node and npm, a shell among it.
slim=$work/slim
debootstrap --variant=minbase --include=ca-certificates,libstdc++6 bookworm "$slim" > "$work/log" 2>&1 ||
  { tail -5 "$work/log" >&2; exit 1; }
install -D "$node" "$slim/usr/local/bin/node"
mkdir -p "$slim/usr/local/lib/node_modules"
# The npm at hand may be spread over the system, as Debian's is; the registry's is whole.
npm install --prefix "$work/npm" --no-audit --no-fund npm@11 > "$work/log" 2>&1 ||
  { tail -5 "$work/log" >&2; exit 1; }
cp -r "$work/npm/node_modules/npm" "$slim/usr/local/lib/node_modules/npm"
ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$slim/usr/local/bin/npm"
ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$slim/usr/local/bin/npx"
# npm reaches its registry in the build as it does outside.
cp "$certificates" "$slim/etc/ssl/certs/build-host-ca.crt"
[ ! -f "$HOME/.npmrc" ] || cp "$HOME/.npmrc" "$slim/root/.npmrc"
rm -rf "$slim"/var/cache/apt/* "$slim"/var/lib/apt/lists/*
image "$slim" "$build_image" \
  --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/build-host-ca.crt

# As a distroless Node image: Node, its libraries, certificates, a user; no shell, no npm.
bare=$work/bare
mkdir -p "$bare"/{tmp,proc,dev,sys,nodejs/bin,home/nonroot,etc/ssl/certs}
chmod 1777 "$bare/tmp"
cp "$node" "$bare/nodejs/bin/node"
cp "$slim/etc/ssl/certs/ca-certificates.crt" "$bare/etc/ssl/certs/"
for library in $(ldd "$node" | grep -o '/[^ ]*'); do
  mkdir -p "$bare$(dirname "$library")"
  cp -L "$library" "$bare$library"
done
printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' > "$bare/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' > "$bare/etc/group"
echo 'hosts: files dns' > "$bare/etc/nsswitch.conf"
chown -R 65532:65532 "$bare/home/nonroot"
image "$bare" "$runtime_image" --user 65532 --workingdir /home/nonroot \
  --entrypoint '["/nodejs/bin/node"]' --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
