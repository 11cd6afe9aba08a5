#!/usr/bin/env bash
# Sees to it that a Docker daemon answers: uses the one that does, else starts one in the background. Never a second one.
# Ends with 0 when one answers; with 1 and the reason when none can. Installs Debian's docker.io where it may.
set -euo pipefail

patience_s=${1:-30}
log=${DOCKERD_LOG:-/var/log/kernel-gepa-dockerd.log}

answers() { timeout 5 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
refuse() { echo "no Docker daemon: $*" >&2; exit 1; }

command -v docker >/dev/null && answers && exit 0
[[ -z ${DOCKER_HOST:-} ]] || refuse "DOCKER_HOST is set and nothing answers there"
[[ $(id -u) -eq 0 ]] || refuse "none answers, and only root can start one; ask for it to be started"

if ! command -v dockerd >/dev/null; then
    command -v apt-get >/dev/null || refuse "dockerd is not installed; install Docker"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || true
    packages=(docker.io)
    apt-cache show docker-cli >/dev/null 2>&1 && packages+=(docker-cli) # newer Debians have the client apart
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null || refuse "docker.io could not be installed"
fi

# One that is starting up counts as one: it is waited for, not doubled.
if ! pidof dockerd >/dev/null; then
    setsid nohup dockerd >"$log" 2>&1 </dev/null &
fi

for ((waited = 0; waited < patience_s; waited++)); do
    answers && exit 0
    sleep 1
    pidof dockerd >/dev/null || break
done
tail -n 5 "$log" >&2 2>/dev/null || true
refuse "it did not answer within $patience_s s; its log is $log"
