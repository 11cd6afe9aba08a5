#!/usr/bin/env bash
# A Debian base image without a registry: debootstrap from the mirror that apt uses here, then docker import.
# Takes the name of the image. Needs root and two minutes. The image trusts the certificates that this machine trusts.
set -euo pipefail

image=${1:?the name of the image to make}
refuse() { echo "$image cannot be made: $*" >&2; exit 1; }

[[ $(id -u) -eq 0 ]] || refuse "debootstrap needs root; run this as root, or give BASE_IMAGE a Debian image with Python"
command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null \
    || refuse "debootstrap is missing; install it"
. /etc/os-release
[[ $ID == debian ]] || refuse "the apt sources here are those of $ID, not of Debian; give BASE_IMAGE an image"
mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2>/dev/null \
    || awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ "://") { print $i; exit } }' /etc/apt/sources.list)
[[ -n $mirror ]] || refuse "no mirror is named in the apt sources"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=python3,python3-pip,python3-dev,g++,ninja-build,ca-certificates,libgomp1 \
    "$VERSION_CODENAME" "$work/root" "$mirror" >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; refuse "debootstrap failed"; }
rm -rf "$work"/root/{var/cache/apt/archives/*.deb,var/lib/apt/lists/*,usr/share/doc,usr/share/man,usr/share/locale}
trusted=/etc/ssl/certs/ca-certificates.crt
[[ ! -f $trusted ]] || cp "$trusted" "$work/root$trusted"
tar -C "$work/root" -c . | docker import -c "ENV PIP_CERT=$trusted" -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' - "$image" >/dev/null
