#!/usr/bin/env bash
# Runs a command in a clean clone of this project on a bare Debian 12: makes a minimal root file
# system with debootstrap, clones the last commit into it and runs the command there.
#
#   sudo tests/house/bare_debian.sh ./run test
#
# Needs root, debootstrap and git on the host. Package sources and apt's proxy are the host's.
# BARE_DIR names the folder to work in (default: a new one in /var/tmp, removed at the end);
# a root file system already in it is used again, with all that was installed there.
set -euo pipefail

source_dir=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
[ $# -gt 0 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "bare_debian: needs root (chroot, mount)" >&2; exit 1; }
for tool in debootstrap git unshare; do
  command -v "$tool" >/dev/null || { echo "bare_debian: apt-get install $tool" >&2; exit 1; }
done

say() { printf '== %s\n' "$*"; }

if [ -n "${BARE_DIR:-}" ]; then
  mkdir -p "$BARE_DIR"
else
  BARE_DIR=$(mktemp -d /var/tmp/karst_bare.XXXXXX)
  trap 'rm -rf --one-file-system "$BARE_DIR"' EXIT
fi
root=$BARE_DIR/root

# shellcheck disable=SC2016  # apt's own variable
# Where the host gets bookworm from, as apt sees it.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' |
  head -n 1)

if [ ! -x "$root/usr/bin/apt-get" ]; then
  say "debootstrap --variant=minbase bookworm"
  log=$BARE_DIR/debootstrap.log
  debootstrap --variant=minbase bookworm "$root" ${mirror:+"$mirror"} >"$log" ||
    { tail "$log" >&2; exit 1; }
fi

# Apt inside as outside: the same mirror (debootstrap wrote it down), proxy and name server.
apt-config dump | grep -i -E '^Acquire::(http|https)::Proxy|^Acquire::Check-' \
  >"$root/etc/apt/apt.conf.d/90host" || true
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp -L /etc/hosts "$root/etc/hosts"

say "clone of $(git -C "$source_dir" rev-parse --short HEAD)"
rm -rf "$root/karst"
git clone -q --no-hardlinks "$source_dir" "$root/karst"

say "packages there before: $(chroot "$root" dpkg-query -W | wc -l)"
say "$*"
start=$SECONDS
status=0
# shellcheck disable=SC2016  # expanded in there
# Namespaces of its own: what is mounted and started in there ends with it.
unshare --mount --pid --fork --kill-child -- bash -c '
  set -e
  mount --make-rprivate /
  mount -t proc proc "$1/proc"
  mount --rbind /dev "$1/dev"
  mount -t tmpfs tmpfs "$1/tmp"
  root=$1; shift
  exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    sh -c "cd /karst && exec \"\$@\"" sh "$@"
' bash "$root" "$@" </dev/null || status=$?
say "exit status $status after $(((SECONDS - start) / 60)) min $(((SECONDS - start) % 60)) s"
exit "$status"
