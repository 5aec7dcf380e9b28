# What prove.sh and chaos.sh have in common: an engine, an image, a compose project of their own, and the training by which containers are judged. Sourced, in this folder; sets $work, a folder for the time of the proof.

public_sdk=mcr.microsoft.com/dotnet/sdk:10.0
public_runtime=mcr.microsoft.com/dotnet/runtime-deps:10.0
local_base=disttrain-base

work=$(mktemp -d /tmp/disttrain-prove.XXXXXX)
engine=
project=

say() { printf '\n== %s\n' "$*"; }
fail() {
    [ -z "$project" ] || compose logs --no-color --tail 15 2>/dev/null || true
    printf 'NOT PROVED: %s\n' "$*"
    exit 1
}
cannot() {
    printf 'containers cannot be proved here: %s\n' "$*"
    exit 3
}

compose() {
    if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}

# Ends only what this script has started.
clean_up() {
    [ -z "$project" ] || compose down --volumes --remove-orphans --timeout 10 >/dev/null 2>&1 || true
    if [ -n "$engine" ]; then
        kill "$engine" 2>/dev/null || true
        wait "$engine" 2>/dev/null || true
        umount "$work"/engine/*/netns/* 2>/dev/null || true
    fi
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'echo "NOT PROVED: stopped, or out of time"; exit 1' INT TERM

find_engine() {
    command -v docker >/dev/null || cannot "there is no docker client (Debian: docker.io)"
    docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null || cannot "there is neither the compose plugin of docker nor docker-compose"
    docker info >/dev/null 2>&1 && return
    [ "$(id -u)" -eq 0 ] && command -v dockerd >/dev/null || cannot "no Docker engine answers, and only root can start one (dockerd)"
    say "starting a Docker engine"
    export DOCKER_HOST="unix://$work/docker.sock"
    mkdir "$work/engine"
    dockerd --data-root "$work/engine/data" --exec-root "$work/engine/exec" --pidfile "$work/engine/pid" --host "$DOCKER_HOST" >"$work/engine.txt" 2>&1 &
    engine=$!
    for _ in $(seq 30); do
        sleep 1
        docker info >/dev/null 2>&1 && return
        kill -0 "$engine" 2>/dev/null || break
    done
    cannot "a Docker engine does not start: $(grep -E 'failed|level=(fatal|error)' "$work/engine.txt" | tail -n 1)"
}

# The public images where they can be had, else a local base and the program published outside.
find_images() {
    if timeout 120 docker pull --quiet "$public_runtime" >/dev/null 2>&1 && timeout 240 docker pull --quiet "$public_sdk" >/dev/null 2>&1; then
        say "building the image from the public base images"
        return
    fi
    say "the public base images cannot be pulled: publishing here, for a base image of Debian packages"
    command -v dotnet >/dev/null || cannot "the public base images cannot be pulled, and there is no .NET SDK to publish the program with"
    if ! docker image inspect "$local_base" >/dev/null 2>&1; then
        [ "$(id -u)" -eq 0 ] && command -v debootstrap >/dev/null || cannot "the public base images cannot be pulled, and only root can make one (debootstrap)"
        ./base-image.sh "$local_base" || cannot "no base image can be had"
    fi
    export SDK_IMAGE=$local_base RUNTIME_IMAGE=$local_base PUBLISHED=artifacts/image
    rm -rf "../$PUBLISHED"
    dotnet publish ../src/DistTrain.Cli -c Release --use-current-runtime --self-contained -o "../$PUBLISHED" --nologo --verbosity quiet -p:Akka="${AKKA:-false}" \
        -p:DebugType=none -p:PublishDocumentationFile=false -p:PublishReferencesDocumentationFiles=false || fail "the program cannot be published"
}

build() {
    compose build coordinator >"$work/build.txt" 2>&1 || { tail -n 20 "$work/build.txt"; fail "the image cannot be built"; }
    docker image ls "$IMAGE"
    [ "$(docker run --rm --no-healthcheck --entrypoint id "$IMAGE" -u)" != 0 ] || fail "the image runs as root"
}

# The same training by one worker within one process: what the weights must be.
train_in_one_process() { # FLAGS FOLDER
    mkdir -m 777 "$2"
    # shellcheck disable=SC2086
    docker run --rm --no-healthcheck ${DISTTRAIN_USER:+--user "$DISTTRAIN_USER"} --volume "$2:/work/runs" "$IMAGE" train --workers 1 --run runs/one $1 >"$2.txt" 2>&1 || {
        tail -n 5 "$2.txt"
        fail "the training in one process failed"
    }
}

weights_hash() { sed -nE 's/.*"event":"finished".*"weightsHash":"([0-9a-f]{64})".*/\1/p' "$1"/*/metrics.jsonl; }

compose_quietly() {
    echo "\$ docker compose $*"
    compose "$@" >"$work/compose.txt" 2>&1 || {
        tail -n 20 "$work/compose.txt"
        fail "docker compose failed"
    }
}

container_of() { compose ps --all --quiet "$1" | head -n 1; }

is_running() { [ "$(docker inspect --format '{{.State.Status}}' "$(container_of "$1")")" = running ]; }

coordinator_says() { # PATTERN SECONDS
    for _ in $(seq "$2"); do
        compose logs --no-color coordinator 2>/dev/null | grep -qE "$1" && return
        is_running coordinator || break
        sleep 1
    done
    compose logs --no-color coordinator | grep -qE "$1"
}

workers_say() { compose logs --no-color worker 2>/dev/null | grep -cE "$1"; }

# An engine, the image, and a project whose containers, volumes and networks go with the script.
set_up() { # NAME
    find_engine
    project=$1-$$
    export COMPOSE_PROJECT_NAME=$project IMAGE=disttrain
    unset DATA SOURCE
    # Files of another user would stay behind; root can remove them.
    [ "$(id -u)" -eq 0 ] || export DISTTRAIN_USER="$(id -u):$(id -g)"
    find_images
    build
}
