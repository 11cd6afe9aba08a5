#!/usr/bin/env bash
# Builds the images of sandboxes/ that are missing, says of each what became of it, and ends with 0 unless one that could be
# built here was not. Takes the Python of the project's virtual environment and, if not all are wanted, their names.
#   BASE_IMAGE       what to build on; else the one in the Dockerfile, else one made here without a registry
#   PIP_FIND_LINKS   a folder with wheels that no package index has; PIP_INDEX_URL and PIP_EXTRA_INDEX_URL are passed on
#   AIE_WHEELS       the pages or folders that hold Peano and its headers; else the release pages in the Dockerfile
set -euo pipefail
python=$(realpath --no-symlinks "${1:?the Python to ask for names}")
shift
cd "$(dirname "$0")"
kinds=("$@")
((${#kinds[@]})) || kinds=(cpu cuda aie)

timeout 20 docker version >/dev/null 2>&1 || { echo 'no Docker daemon answers; start one: sandboxes/dockerd.sh' >&2; exit 1; }
have() { docker image inspect "$1" >/dev/null 2>&1; }
default_of() { sed -n "s/^ARG $2=\"\?\([^\"]*\)\"\?$/\1/p" "$1/Dockerfile"; }
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

# Sets `base`: what is asked for, what the Dockerfile names, or what can be made here. Returns 1 with `why` set.
find_base() {
    base=${BASE_IMAGE:-$(default_of "$1" BASE_IMAGE)}
    have "$base" && return
    timeout 300 docker pull --quiet "$base" >/dev/null 2>&1 && return
    why="the image $base is not here and cannot be pulled"
    [[ -z ${BASE_IMAGE:-} ]] || return 1
    base=kernel-gepa/base:$(sha256sum base_image.sh | head -c 12)
    have "$base" && return
    echo "$why; making a base from this machine's Debian mirror (two minutes)"
    local said
    said=$(./base_image.sh "$base" 2>&1) || { why="$why; $said"; return 1; }
}

# Puts wheels that no index has into the build's context. Returns 1 with `why` set when something is nowhere.
find_wheels() {
    local lock=$context/$1/requirements.lock page
    mkdir "$context/$1/wheels"
    case $1 in
    cpu) # only what the lock asks for: a build context is copied whole
        if [[ -d ${PIP_FIND_LINKS:-} ]] && "$python" -m pip download --quiet --no-deps --no-index \
            --dest "$context/cpu/wheels" "$(grep '^torch==' "$lock")" 2>/dev/null; then
            arguments+=(--build-arg "PIP_EXTRA_INDEX_URL=${PIP_EXTRA_INDEX_URL:-}")
        fi
        ;;
    aie)
        for page in ${AIE_WHEELS:-$(default_of aie AIE_WHEELS)}; do
            if [[ -d $page ]]; then
                cp "$page"/*.whl "$context/aie/wheels/"
            elif ! curl -fsSL --max-time 30 -o /dev/null "$page" 2>/dev/null; then
                why="$page cannot be reached, and it holds the wheels of $(paste -sd ' ' "$lock"); set AIE_WHEELS to folders or pages that hold them"
                return 1
            fi
        done
        [[ -z ${AIE_WHEELS:-} ]] || arguments+=(--build-arg "AIE_WHEELS=$(for page in $AIE_WHEELS; do [[ -d $page ]] || echo "$page"; done | paste -sd ' ')")
        ;;
    esac
}

# Whatever a build cannot try, because no build has a device.
try_devices() {
    [[ $1 == cuda && -e /dev/nvidia0 ]] || return 0
    docker run --rm --gpus all --network none "$2" /opt/smoke >/dev/null || { echo "$2: its smoke kernel fails on the GPU" >&2; return 1; }
}

build() {
    local kind=$1 image base why log=$context/$1.log name
    local arguments=()
    image=$("$python" -c 'import sys; from kernel_gepa.sandbox import images; print(images.built(sys.argv[1]).name)' "$kind") || return
    if have "$image"; then
        echo "$image: ready"
        return
    fi
    cp -r "$kind" "$context/"
    for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL; do
        [[ -z ${!name:-} ]] || arguments+=(--build-arg "$name=${!name}")
    done
    if ! find_wheels "$kind" || ! find_base "$kind"; then
        echo "$image: cannot be built here: $why"
        return
    fi
    if ! docker build --tag "$image" --build-arg "BASE_IMAGE=$base" "${arguments[@]}" "$context/$kind" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "$image: the build failed; its last words are above" >&2
        return 1
    fi
    try_devices "$kind" "$image"
    echo "$image: built on $base, $(docker image inspect --format '{{.Size}}' "$image" | awk '{ printf "%.1f GB", $1 / 1e9 }')"
}

host=$("$python" -c 'from kernel_gepa.sandbox import docker, images; print(images.host_image(docker.client()).name)')
echo "$host: ready; it holds nothing but links to the host's toolchain"
failed=0
for kind in "${kinds[@]}"; do build "$kind" || failed=1; done
exit $failed
