#!/usr/bin/env python3
"""Trains the same model with different worker counts, runtimes and vector widths, and prints each run's weight hash with what every worker gave to the last epoch.

    python3 bench/same_bits.py --mnist FOLDER        exits with 1 if any two hashes differ

The widths are what is left when .NET's own switches are set: DOTNET_EnableAVX512=0 leaves AVX2, and DOTNET_EnableAVX2=0 leaves portable code whose fused multiply-add
is computed in software. That one is some fifty times slower: minutes a run.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "src" / "DistTrain.Cli" / "bin" / "Release" / "net10.0" / "disttrain"
WIDTHS = {"avx512": {}, "avx2": {"DOTNET_EnableAVX512": "0"}, "portable": {"DOTNET_EnableAVX2": "0"}}
RUNTIMES = ["in-process", "deterministic"]


def train(o, workers, runtime, switches):
    with tempfile.TemporaryDirectory() as folder:
        command = [PROGRAM, "train", "--data", f"mnist:{o.mnist}", "--model", o.model, "--batch", str(o.batch), "--epochs", str(o.epochs), "--learning-rate", "0.05",
                   "--workers", str(workers), "--runtime", runtime, "--json", "--run", os.path.join(folder, "run")]
        done = subprocess.run(command, env={**os.environ, **switches}, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"disttrain ended with {done.returncode}: {done.stderr}")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return events[0], [event for event in events if event["event"] == "epoch"][-1], events[-1]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mnist", required=True, help="folder with MNIST's four files")
    options.add_argument("--model", default="mlp:128,64")
    options.add_argument("--batch", type=int, default=237)
    options.add_argument("--epochs", type=int, default=3)
    options.add_argument("--workers", default="1,2,3,5,8")
    options.add_argument("--kernels", default=",".join(WIDTHS), help="which of the vector widths")
    options.add_argument("--runtimes", default=",".join(RUNTIMES))
    o = options.parse_args()
    subprocess.run(["dotnet", "build", "-c", "Release", "--nologo", "-v", "quiet", str(ROOT / "src" / "DistTrain.Cli")], check=True)
    hashes = set()
    print("| kernels | runtime | workers | weights | samples, duplicated, lost | micro-batches of each worker in the last epoch |")
    print("|---|---|---|---|---|---|")
    for kernels in o.kernels.split(","):
        for runtime in o.runtimes.split(","):
            for workers in o.workers.split(","):
                started, epoch, finished = train(o, workers, runtime, WIDTHS[kernels])
                shares = [worker["microBatchesAccepted"] for worker in epoch["workers"]]
                hashes.add(finished["weightsHash"])
                print(f"| {started['kernelPath']} | {runtime} | {workers} | `{finished['weightsHash'][:16]}` | {epoch['samples']:,}, {epoch['duplicated']}, {epoch['lost']} "
                      f"| {', '.join(f'{share:,}' for share in shares)} |", flush=True)
    print(f"\n{len(hashes)} different hash{'' if len(hashes) == 1 else 'es'}: {', '.join(sorted(hashes))}")
    sys.exit(0 if len(hashes) == 1 else 1)


if __name__ == "__main__":
    main()
