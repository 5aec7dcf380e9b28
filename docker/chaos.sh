#!/usr/bin/env bash
# Kills the containers of a cluster, stops them and cuts them off, at random, and compares the weights and every epoch with those of one process: what 'disttrain chaos' does to processes, done to compose.yaml.
#   docker/chaos.sh [FAULTS [SEED]]        (12 faults and seed 1 unless given)
# Each worker's node holds a shard of the parameter server, so that every kill but the coordinator's hits a worker and a server at once. Ends with PASS and 0, with FAIL and 1, and with 3 and one line where this machine
# cannot run containers. Needs what prove.sh needs.
set -euo pipefail
cd "$(dirname "$0")"
. ./containers.sh

faults=${1:-12}
seed=${2:-1}
workers=3
RANDOM=$seed
training="--epochs ${EPOCHS:-1200} --batch-size 64 --seed $seed"
cluster="--placement workers --min-workers 2 --max-lost-seconds 2"
# A container that is given up is silent for 5 s and looked for 2 s, unless told otherwise.
short=1
long=9
patience=90

verdict_failed() {
    compose logs --no-color --tail 30 2>/dev/null || true
    printf 'FAIL: %s\n' "$*"
    exit 1
}

# Sets $drawn: in a subshell, the sequence would not go on.
draw() { drawn=$((RANDOM % $1)); }

now() { date +%s.%N; }

since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", to - from }'; }

# The last step, as the coordinator tells; nothing while it cannot.
step() { timeout 20 docker exec "$(container_of coordinator)" disttrain status 127.0.0.1:7000 --cluster-folder /cluster --json 2>/dev/null | sed -nE 's/.*"step":([0-9]+),"totalSteps".*/\1/p' | head -n 1 || true; }

has_ended() { grep -qs '"event":"finished"' "$RUNS"/run/metrics.jsonl; }

# Until training is further than a step, or the run has ended.
wait_beyond() { # STEP WHAT
    local began=$SECONDS at
    while ! has_ended; do
        at=$(step)
        [ -z "$at" ] || [ "$at" -le "$1" ] || return 0
        [ $((SECONDS - began)) -lt $patience ] || verdict_failed "training did not go on within $patience s after: $2"
        sleep 0.2
    done
}

start_again() { # CONTAINER SECONDS
    sleep "$2"
    docker start "$1" >/dev/null
}

# As the kernel does when memory runs out: nobody has asked Docker, so that its restart policy acts. Not where the engine is on another machine.
crash() { # CONTAINER
    local pid
    pid=$(docker inspect --format '{{.State.Pid}}' "$1")
    [ "$(id -u)" -eq 0 ] && grep -qs disttrain "/proc/$pid/cmdline" && kill -9 "$pid"
}

network_of_project() { docker network ls --quiet --filter "label=com.docker.compose.project=$project" | head -n 1; }

cut_off() { # CONTAINER SERVICE SECONDS
    docker network disconnect "$(network_of_project)" "$1"
    sleep "$3"
    docker network connect --alias "$2" "$(network_of_project)" "$1"
}

make_fault() { # NUMBER
    local service=worker container name what before began seconds
    draw 3
    [ "$drawn" -ne 0 ] || service=coordinator
    mapfile -t running < <(compose ps --quiet "$service")
    draw ${#running[@]}
    container=${running[$drawn]}
    name=$(docker inspect --format '{{.Name}}' "$container" | sed 's/.*[-_]\('"$service"'.*\)/\1/')
    draw 2
    [ "$drawn" -eq 0 ] && seconds=$short || seconds=$long
    before=$(step)
    ! has_ended || return 0
    began=$(now)
    case $(($1 % 5)) in
    0)
        what="docker kill, started after 1 s"
        docker kill --signal KILL "$container" >/dev/null
        start_again "$container" 1
        ;;
    1)
        what="kill -9 from outside"
        crash "$container" || {
            what="docker kill, started at once"
            docker kill --signal KILL "$container" >/dev/null
            start_again "$container" 0
        }
        ;;
    2)
        what="paused for $seconds s"
        docker pause "$container" >/dev/null
        sleep "$seconds"
        docker unpause "$container" >/dev/null
        ;;
    3)
        what="off the network for $seconds s"
        cut_off "$container" "$service" "$seconds"
        ;;
    4)
        what="docker restart"
        docker restart --time 20 "$container" >/dev/null
        ;;
    esac
    wait_beyond "${before:-0}" "$what of $name"
    made=$((made + 1))
    printf '%5s/%s  %-14s %-32s at step %-7s further after %5s s\n' "$1" "$faults" "$name" "$what" "${before:-?}" "$(since "$began")"
}

# Every epoch once, with the same report; times and who computed what aside.
reports() { sed -nE '/"event":"epoch"/{s/"(seconds|samplesPerSecond|recomputed)":[^,}]*,?//g; s/"workers":\[[^]]*\]//; p}' "$1"/metrics.jsonl; }

hash_in() { sed -nE 's/.*"event":"finished".*"weightsHash":"([0-9a-f]{64})".*/\1/p' "$1"/metrics.jsonl | tail -n 1; }

judge() { # FOLDER-OF-ONE-PROCESS FOLDER-OF-CONTAINERS
    echo "one process    $(hash_in "$1")"
    echo "containers     $(hash_in "$2")"
    [ -n "$(hash_in "$1")" ] && [ "$(hash_in "$1")" = "$(hash_in "$2")" ] || verdict_failed "the weights differ"
    cmp "$1"/model.safetensors "$2"/model.safetensors || verdict_failed "the files of the weights differ"
    diff <(reports "$1") <(reports "$2") || verdict_failed "the epochs' reports differ"
    ! reports "$2" | grep -qvE '"duplicated":0,"lost":0' || verdict_failed "an epoch did not use each sample once"
    echo "epochs         $(reports "$2" | wc -l), each announced once and reported as in one process, 0 samples duplicated, 0 lost"
    echo "checkpoints    $(grep -c '"event":"checkpoint"' "$2"/metrics.jsonl)"
    echo "recoveries     $(grep -c '"event":"recovered"' "$2"/metrics.jsonl), back by $(sed -nE 's/.*"event":"recovered".*"lostSteps":([0-9]+).*/\1/p' "$2"/metrics.jsonl | sort -n | tail -n 1) steps at most that the coordinator knew of"
}

round() {
    rounds=$((rounds + 1))
    say "training $rounds of $workers workers"
    mkdir "$work/round-$rounds"
    export RUNS=$work/round-$rounds RUN=run TRAIN="$training $cluster"
    compose_quietly up --detach --scale worker=$workers
    wait_beyond 0 "the start"
    while [ "$made" -lt "$faults" ] && ! has_ended; do
        make_fault $((made + 1))
        draw 2
        sleep $((1 + drawn))
    done
    timeout 600 docker wait "$(container_of coordinator)" >/dev/null || verdict_failed "the run does not end"
    judge "$work/expected/one" "$RUNS/run"
    compose_quietly down --timeout 10
}

set_up disttrain-chaos
say "undisturbed, one worker in one process"
train_in_one_process "$training" "$work/expected"
echo "weights $(hash_in "$work/expected/one")"
made=0
rounds=0
while [ "$made" -lt "$faults" ]; do round; done
echo
echo "PASS: $made faults in $rounds trainings, each with the bits and the reports of one process"
