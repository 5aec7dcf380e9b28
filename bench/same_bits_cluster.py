#!/usr/bin/env python3
"""Trains the same model in one process and in clusters of many kinds, and prints each run's weight hash. Exits with 1 if two hashes of the same training differ.

    python3 bench/same_bits_cluster.py

Clusters differ in worker processes, placement and number of shards, encryption, and in who is there: in one of them a worker joins and another leaves in the middle of an epoch.
"""
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = str(ROOT / "src" / "DistTrain.Cli" / "bin" / "Release" / "net10.0" / "disttrain")
TRAINING = ["--data", "synthetic:strokes?samples=20000", "--model", "mlp:300,128", "--batch", "240", "--schedule", "constant", "--micro-batches", "16"]
OPTIMIZERS = {
    "sgd": ["--optimizer", "sgd", "--learning-rate", "0.1"],
    "lamb": ["--optimizer", "lamb", "--learning-rate", "0.01"],
    "clipped": ["--optimizer", "momentum", "--learning-rate", "0.05", "--clip-norm", "0.5"],
}
CLUSTERS = {
    "in one process, two workers": [],
    "in one process, three shards": ["--shards", "3"],
    "1 process, 1 shard": ["--processes", "1"],
    "2 processes, 2 shards": ["--processes", "2"],
    "2 processes, 2 shards, TLS": ["--processes", "2", "--tls", "yes"],
    "2 processes, 2 shards, TCP": ["--processes", "2", "--local-sockets", "no"],
    "3 processes, 3 shards": ["--processes", "3"],
    "3 processes, 2 shards": ["--processes", "3", "--shards", "2"],
    "5 processes, 1 central shard, TLS": ["--processes", "5", "--placement", "central", "--shards", "1", "--tls", "yes"],
    "5 processes, 3 central shards": ["--processes", "5", "--placement", "central", "--shards", "3"],
}


def events(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def train(arguments, epochs=6):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([PROGRAM, "train", *TRAINING, *arguments, "--epochs", str(epochs), "--json", "--run", f"{folder}/run"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"disttrain ended with {done.returncode}: {done.stderr}")
    return events(done.stdout)


def coming_and_going(arguments, placement):
    """Two workers begin; a third joins in the middle, and later the first is asked to leave."""
    with tempfile.TemporaryDirectory() as folder:
        coordinator = subprocess.Popen(
            [PROGRAM, "train", *TRAINING, *arguments, "--epochs", "40", "--listen", "127.0.0.1:0", "--insecure", "--min-workers", "2", "--placement", placement, "--json", "--run", f"{folder}/run"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = ""
        while not (found := re.search(r" on 127\.0\.0\.1:(\d+): ", line)):
            line = coordinator.stderr.readline()
        join = [PROGRAM, "worker", "--join", f"127.0.0.1:{found.group(1)}", "--insecure"]
        workers = [subprocess.Popen(join, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
        seen = []
        while not seen or seen[-1]["event"] != "finished":
            seen += events(coordinator.stdout.readline())
            if len(workers) == 2 and seen and seen[-1].get("epoch") == 4:
                workers.append(subprocess.Popen(join, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            epochs_of_third = [event for event in seen if event["event"] == "epoch" and any(share["worker"] == "worker-3" and share["microBatchesAccepted"] for share in event["workers"])]
            if len(epochs_of_third) == 5 and workers[0].poll() is None and not getattr(workers[0], "asked", False):
                workers[0].send_signal(signal.SIGTERM)
                workers[0].asked = True
        for process in [coordinator, *workers]:
            process.wait(60)
    parts = []
    for event in seen:
        if event["event"] == "epoch":
            first, last = event["lastStep"] - event["steps"] + 1, event["lastStep"]
            parts += [f"epoch {event['epoch']} (steps {first} to {last}): {share['worker']} from {share['firstStep']} to {share['lastStep']}"
                      for share in event["workers"] if share["microBatchesAccepted"] and (share["firstStep"] > first + 2 or share["lastStep"] < last - 2)]
    return seen, parts


def main():
    subprocess.run(["dotnet", "build", "-c", "Release", "--nologo", "-v", "quiet", str(ROOT / "src" / "DistTrain.Cli")], check=True)
    failed = False
    print("| cluster | " + " | ".join(OPTIMIZERS) + " |\n|---|" + "---|" * len(OPTIMIZERS), flush=True)
    hashes = {name: set() for name in OPTIMIZERS}
    for cluster, arguments in CLUSTERS.items():
        row = []
        for name, optimizer in OPTIMIZERS.items():
            found = train([*optimizer, *arguments])[-1]["weightsHash"]
            hashes[name].add(found)
            row.append(f"`{found[:12]}`")
        print(f"| {cluster} | {' | '.join(row)} |", flush=True)
    failed |= any(len(found) != 1 for found in hashes.values())
    for placement in ["central", "workers"]:
        expected = train(OPTIMIZERS["lamb"], epochs=40)[-1]["weightsHash"]
        seen, parts = coming_and_going(OPTIMIZERS["lamb"], placement)
        same = seen[-1]["weightsHash"] == expected
        failed |= not same
        print(f"\nlamb, {placement}, 40 epochs, a worker joins and another leaves: `{seen[-1]['weightsHash'][:12]}` {'equals' if same else 'DIFFERS FROM'} one process's `{expected[:12]}`")
        for part in parts:
            print(f"- {part}")
    print("\n" + ("hashes differ" if failed else "every training has one hash"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
