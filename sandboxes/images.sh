#!/usr/bin/env bash
# Builds the images of sandboxes/ that are missing. Takes the Python of the project's virtual environment.
#   BASE_IMAGE       what to build on; else the one in the Dockerfile, else one made here without a registry
#   PIP_FIND_LINKS   a folder with wheels that no package index has; PIP_INDEX_URL and PIP_EXTRA_INDEX_URL are passed on
set -euo pipefail
python=$(realpath --no-symlinks "${1:?the Python to ask for names}")
cd "$(dirname "$0")"

docker version >/dev/null 2>&1 || { echo 'no Docker daemon answers; start one: sandboxes/dockerd.sh' >&2; exit 1; }
have() { docker image inspect "$1" >/dev/null 2>&1; }

host=$("$python" -c 'from kernel_gepa.sandbox import docker, images; print(images.host_image(docker.client()).name)')
echo "$host: the host's toolchain, ready"

image=$("$python" -c 'import pathlib, sys
from kernel_gepa.sandbox.images import content_image
print(content_image(pathlib.Path("cpu"), f"{sys.version_info.major}.{sys.version_info.minor}"))')
if have "$image"; then
    echo "$image: ready"
    exit 0
fi

base=${BASE_IMAGE:-$(sed -n 's/^ARG BASE_IMAGE=//p' cpu/Dockerfile)}
if ! have "$base" && ! timeout 300 docker pull --quiet "$base" >/dev/null 2>&1; then
    [[ -z ${BASE_IMAGE:-} ]] || { echo "the image $base is not here and cannot be pulled" >&2; exit 1; }
    echo "$base cannot be pulled; making a base from this machine's Debian mirror (two minutes)"
    base=kernel-gepa/base:local
    have "$base" || ./base_image.sh "$base"
fi

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp cpu/* "$context/"
mkdir "$context/wheels"
if [[ -d ${PIP_FIND_LINKS:-} ]]; then # only what the lock asks for: a build context is copied whole
    "$python" -m pip download --quiet --no-deps --no-index --dest "$context/wheels" "$(grep '^torch==' cpu/requirements.lock)" \
        || echo "no wheel of the locked torch for this Python in $PIP_FIND_LINKS; the package index is asked" >&2
fi
arguments=()
for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL; do
    [[ -z ${!name:-} ]] || arguments+=(--build-arg "$name=${!name}")
done
docker build --quiet --tag "$image" --build-arg "BASE_IMAGE=$base" "${arguments[@]}" "$context" >/dev/null
echo "$image: built on $base"
