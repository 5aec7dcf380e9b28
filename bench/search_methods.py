#!/usr/bin/env python3
"""Bayesian search against random and quasi-random search: the same budget, repeated from other seeds, on the built-in digits.

Prints, for each method, the median (least to greatest) over the repeats of the lowest validation error that the search found, and of the median on fresh seeds of the configuration that it chose; the second is
what a user gets. Errors do not depend on how busy the machine is.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
METHODS = ["bayesian", "random", "sobol"]
SPACE = ["learning-rate=log(1e-4,1)", "momentum=log1m(0.3,0.995)", "l2=log(1e-6,1e-2)", "model=mlp:32|mlp:128|mlp:256,128"]


def search(program, method, seed, trials, epochs, folder):
    """The objective found, and the scores of the confirmation trials."""
    command = ["dotnet", program, "search", "--method", method, "--trials", str(trials), "--epochs", str(epochs), "--seed", str(seed), "--split-seed", "1", "--objective", "loss",
               "--confirm", "3", "--json", "--out", folder]
    for dimension in SPACE:
        command += ["--set", dimension]
    lines = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]
    confirmed = [line["bestValidationLoss"] for line in lines if line["event"] == "trial" and line["phase"] == "confirmation"]
    return lines[-1]["objective"], statistics.median(confirmed)


def text(values):
    return f"{statistics.median(values):.4f} ({min(values):.4f} to {max(values):.4f})"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--program", default=str(ROOT / "src/DistTrain.Cli/bin/Release/net10.0/disttrain.dll"), help="disttrain.dll")
    arguments.add_argument("--repeats", type=int, default=10)
    arguments.add_argument("--trials", type=int, default=24)
    arguments.add_argument("--epochs", type=int, default=5)
    options = arguments.parse_args()
    found = {method: [] for method in METHODS}
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(options.repeats):
            for method in METHODS:
                found[method].append(search(options.program, method, 100 + repeat, options.trials, options.epochs, f"{folder}/{method}-{repeat}"))

    print(f"digits, {len(SPACE)} settings, {options.trials} trials of {options.epochs} epochs, {options.repeats} repeats; validation loss")
    print(f"{'method':10}  {'found by the search':28}  {'its choice on 3 fresh seeds':28}  better than random in")
    for method in METHODS:
        better = sum(one[1] < other[1] for one, other in zip(found[method], found["random"]))
        print(f"{method:10}  {text([one for one, _ in found[method]]):28}  {text([two for _, two in found[method]]):28}  {'' if method == 'random' else f'{better} of {options.repeats}'}")


if __name__ == "__main__":
    main()
