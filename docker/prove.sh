#!/usr/bin/env bash
# Proves the containers on this machine: builds the image, starts the cluster with docker compose as compose.yaml has it, under TLS, first with two workers, then with a third that joins and leaves in mid-run
# (and the limits of compose.study.yaml), and compares the weights in the run directories with those of one process.
#   docker/prove.sh
# Takes the Docker engine that is there; where none runs, root can have one of its own for the time of the proof. Where the public images cannot be pulled, it makes a base image from
# Debian packages (docker/base-image.sh). Ends with 0 when everything is as promised, with 1 when not, and with 3 and one line when this machine cannot run containers.
set -euo pipefail
cd "$(dirname "$0")"
. ./containers.sh

training='--epochs 30'
# Four micro-batches a step, so that a third worker has something to do.
longer_training='--epochs 600 --seed 2 --batch-size 64'

# Lines of: seconds, container, share of a core, memory.
sample_stats() {
    local start=$SECONDS
    while sleep 1; do
        # A container that goes while it is asked for makes docker fail.
        { docker stats --no-stream --format '{{.Name}} {{.CPUPerc}} {{.MemUsage}}' || true; } | awk -v t=$((SECONDS - start)) '$1 != "--" { sub("%", "", $2); print t, $1, $2, $3 }'
    done
}

# For each container a row of bars over time, the highest as high as its greatest value.
show_stats() { # FILE
    awk '
        function mib(text, n) { n = text + 0; if (text ~ /GiB/) n *= 1024; if (text ~ /KiB/) n /= 1024; if (text ~ /[0-9]B/) n /= 1048576; return n }
        function bars(list, top, out, i, n, parts) { n = split(list, parts, " "); out = ""; for (i = 1; i <= n; i++) out = out shapes[1 + int(7.999 * parts[i] / (top > 0 ? top : 1))]; return out }
        BEGIN { split("▁ ▂ ▃ ▄ ▅ ▆ ▇ █", shapes, " ") }
        { m = mib($4); cpu[$2] = cpu[$2] " " $3; memory[$2] = memory[$2] " " m; if ($3 > most_cpu[$2]) most_cpu[$2] = $3; if (m > most_memory[$2]) most_memory[$2] = m }
        END { for (name in cpu) printf "%-38s CPU up to %5.0f %%  %s   memory up to %4.0f MiB  %s\n", name, most_cpu[name], bars(cpu[name], most_cpu[name]), most_memory[name], bars(memory[name], most_memory[name]) }
    ' "$1" | sort
}

ended_well() { # FOLDER-OF-ONE-PROCESS FOLDER-OF-CONTAINERS
    local code
    code=$(timeout 300 docker wait "$(container_of coordinator)") || fail "the run does not end"
    compose logs --no-color coordinator >"$work/coordinator.txt"
    if [ "$code" != 0 ]; then
        tail -n 20 "$work/coordinator.txt"
        fail "the coordinator ended with code $code"
    fi
    for worker in $(compose ps --all --quiet worker); do
        code=$(timeout 60 docker wait "$worker") || fail "a worker does not end with the run"
        [ "$code" = 0 ] || fail "a worker ended with code $code"
    done
    grep -E ' epoch +[0-9]+/' "$work/coordinator.txt" | tail -n 2
    ! grep -E ' epoch +[0-9]+/' "$work/coordinator.txt" | grep -qv ' 0 duplicated, 0 lost ' || fail "an epoch did not use each sample once"
    echo "one process    $(weights_hash "$1")"
    echo "containers     $(weights_hash "$2")"
    [ -n "$(weights_hash "$1")" ] && [ "$(weights_hash "$1")" = "$(weights_hash "$2")" ] || fail "the weights differ"
    cmp "$1"/*/model.safetensors "$2"/*/model.safetensors || fail "the files of the weights differ"
}

two_workers() {
    say "two workers"
    train_in_one_process "$training" "$work/two-expected"
    mkdir "$work/two"
    export RUNS=$work/two TRAIN=$training
    compose_quietly up --detach --scale worker=2
    ended_well "$work/two-expected" "$RUNS"
    ls -l "$RUNS"/*
    compose_quietly down --timeout 10
}

# A third worker joins and leaves in mid-run, a stranger is turned away, and the coordinator answers what container engines and people ask.
third_worker_joins() {
    say "two workers, then three, then two"
    local sampling
    train_in_one_process "$longer_training" "$work/three-expected"
    mkdir "$work/three"
    # The coordinator's share makes the run last on any machine until all of this has been seen.
    export RUNS=$work/three TRAIN=$longer_training COMPOSE_FILE=compose.yaml:compose.study.yaml COORDINATOR_CPUS=0.25
    compose_quietly up --detach --scale worker=2
    sample_stats >"$work/stats.txt" 2>/dev/null &
    sampling=$!
    coordinator_says ' epoch +3/' 120 || fail "the training does not begin"
    compose_quietly up --detach --no-deps --no-recreate --scale worker=3 worker
    for _ in $(seq 60); do
        [ "$(workers_say 'joined as')" -lt 3 ] || break
        sleep 1
    done
    [ "$(workers_say 'joined as')" -ge 3 ] && is_running coordinator || fail "the third worker came too late, or not at all"
    compose logs --no-color worker | grep 'joined as'
    docker ps --format 'table {{.Names}}\t{{.Image}}\t{{.Status}}\t{{.Networks}}'
    docker stats --no-stream
    docker exec "$(container_of coordinator)" disttrain status 127.0.0.1:7000 --cluster-folder /cluster || fail "the coordinator does not tell its status"
    docker exec "$(container_of coordinator)" disttrain health 127.0.0.1:8080 --ready || fail "the coordinator says that it is not ready"
    stranger_is_refused
    compose_quietly up --detach --no-deps --no-recreate --scale worker=2 worker
    is_running coordinator || fail "the run was too short for a worker to leave it"
    ended_well "$work/three-expected" "$RUNS"
    kill "$sampling" 2>/dev/null || true
    wait "$sampling" 2>/dev/null || true
    say "CPU and memory over that run, a sample about every three seconds"
    show_stats "$work/stats.txt"
}

stranger_is_refused() {
    local answer
    ! answer=$(docker run --rm --no-healthcheck --network "${project}_default" "$IMAGE" worker --join coordinator:7000 --insecure --join-timeout 10 2>&1) || fail "a worker without credentials was let in"
    printf '$ disttrain worker --join coordinator:7000 --insecure\n%s\n' "$(tail -n 1 <<<"$answer")"
}

set_up disttrain-prove
two_workers
third_worker_joins
say "proved: the same weights in containers as in one process, with two workers and with a third that joined and left in mid-run, under TLS"
