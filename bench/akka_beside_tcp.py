#!/usr/bin/env python3
"""The Akka runtime beside the TCP runtime, two worker processes each, on a quiet machine.

    dotnet build -c Release -p:Akka=true --artifacts-path FOLDER src/DistTrain.Cli
    python3 bench/akka_beside_tcp.py --program FOLDER/bin/DistTrain.Cli/release/disttrain.dll [--rounds 5] [--heartbeat-minutes 0] [mlp big]

Throughput in alternated pairs: the median of the ratios Akka / TCP, the least and the greatest, and both medians in samples a second; the first epoch of each run is left out, and the weights of all runs of a model must
have the same hash. With --heartbeat-minutes, one more run of the largest model for so long, under full load: how often a member was suspected or lost, and which gaps between heartbeats Akka complained of.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

DATA = ["--data", "synthetic:strokes?samples=12800", "--test-ratio", "0.01"]
MODELS = {
    "mlp": ["--model", "mlp:512,512", "--batch-size", "256", "--epochs", "12"],
    "big": ["--model", "mlp:4096,4096", "--batch-size", "256", "--epochs", "3"],
}
COMMON = ["--processes", "2", "--checkpoints", "no", "--json"]
# Akka says so by itself when a heartbeat is late by two thirds of the pause that is acceptable.
LOGS_GAPS = "akka.loglevel = WARNING\n"


def train(program, flags, folder):
    """Samples a second over the whole epochs but the first, and the hash of the weights."""
    run = pathlib.Path(folder) / f"run-{time.monotonic_ns()}"
    done = subprocess.run(["dotnet", program, "train", *DATA, *COMMON, *flags, "--run", str(run)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"disttrain ended with {done.returncode}: {done.stderr}")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    epochs = [event for event in events if event["event"] == "epoch"][1:]
    return sum(epoch["samples"] for epoch in epochs) / sum(epoch["seconds"] for epoch in epochs), events[-1]["weightsHash"]


def throughput(program, model, rounds):
    ratios, tcp, akka, hashes = [], [], [], set()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for is_akka in ((False, True) if number % 2 == 0 else (True, False)):
                rate, weights = train(program, [*MODELS[model], *(["--runtime", "akka"] if is_akka else [])], folder)
                (akka if is_akka else tcp).append(rate)
                hashes.add(weights)
            ratios.append(akka[-1] / tcp[-1])
    if len(hashes) != 1:
        sys.exit(f"{model}: the weights differ: {sorted(hashes)}")
    print(f"{model:5} Akka / TCP {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})  Akka {statistics.median(akka):9,.0f} samples/s  TCP {statistics.median(tcp):9,.0f} samples/s  weights {hashes.pop()[:12]}", flush=True)


def heartbeats(program, minutes):
    with tempfile.TemporaryDirectory() as folder:
        configuration = pathlib.Path(folder) / "akka.conf"
        configuration.write_text(LOGS_GAPS)
        run = pathlib.Path(folder) / "run"
        flags = ["train", *DATA, *COMMON, "--model", "mlp:4096,4096", "--batch-size", "256", "--epochs", "1000000", "--runtime", "akka", "--akka-config", str(configuration), "--run", str(run)]
        with open(run.with_suffix(".err"), "w") as notices, subprocess.Popen(["dotnet", program, *flags], stdout=subprocess.DEVNULL, stderr=notices) as process:
            start = time.monotonic()
            while process.poll() is None and time.monotonic() - start < 60 * minutes:
                time.sleep(1)
            took = time.monotonic() - start
            process.terminate()
        texts = [run.with_suffix(".err").read_text(), *(log.read_text() for log in sorted(run.glob("worker-*.log")))]
    gaps = [int(gap) for text in texts for gap in re.findall(r"heartbeat interval is growing too large[^\n]*?(\d+) millis", text)]
    suspected, lost = (sum(len(re.findall(words, text)) for text in texts) for words in (r" is suspected", r" is lost|has given it up"))
    print(f"heartbeats over {took / 60:.1f} minutes of full load: suspected {suspected} times, lost {lost} times; {len(gaps)} late heartbeats{f', the latest after {max(gaps)} ms' if gaps else ''}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", choices=[*MODELS, []], default=[])
    parser.add_argument("--program", required=True, help="disttrain.dll, built with -p:Akka=true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--heartbeat-minutes", type=float, default=0)
    arguments = parser.parse_args()
    for model in (arguments.models or MODELS) if arguments.rounds > 0 else []:
        throughput(arguments.program, model, arguments.rounds)
    if arguments.heartbeat_minutes > 0:
        heartbeats(arguments.program, arguments.heartbeat_minutes)


if __name__ == "__main__":
    main()
