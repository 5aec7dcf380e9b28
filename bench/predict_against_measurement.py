#!/usr/bin/env python3
"""Calibrates this machine, predicts what training steps take on it, measures the same steps, and prints both. To be run on a quiet machine.

    python3 bench/predict_against_measurement.py [--data SOURCE] [--calibration FILE] [--seconds 1.5] [--rounds 3]

Each training is run in one process and in worker processes, with one and two workers, in rounds that alternate all of them, so that a machine that gets slower does so for all. The measured time of a step is
the median over all epochs but the first of each run, evaluation excluded; in brackets the least and the greatest epoch.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = str(ROOT / "src" / "DistTrain.Cli" / "bin" / "Release" / "net10.0" / "disttrain")

# Model, batch size, epochs of a round.
TRAININGS = [("mlp:512,512", 64, 4), ("mlp:512,512", 256, 5), ("mlp:512,512", 1024, 6), ("cnn", 256, 3)]

# Name, flags of 'train', flags of 'simulate'.
PLACES = [
    ("threads, 1 worker", ["--workers", "1"], ["--on", "threads", "--workers", "1"]),
    ("threads, 2 workers", ["--workers", "2"], ["--on", "threads", "--workers", "2"]),
    ("1 process", ["--processes", "1"], ["--on", "processes", "--placement", "workers", "--workers", "1"]),
    ("2 processes", ["--processes", "2"], ["--on", "processes", "--placement", "workers", "--workers", "2"]),
]


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"disttrain {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def measure(data, model, batch, epochs, flags):
    """Seconds of a step, of each epoch but the first."""
    with tempfile.TemporaryDirectory() as folder:
        events = lines(run("train", "--data", data, "--model", model, "--batch-size", str(batch), "--epochs", str(epochs), "--learning-rate", "0.01", *flags, "--json", "--run", f"{folder}/run"))
    return [event["seconds"] / event["steps"] for event in events if event["event"] == "epoch"][1:]


def predict(calibration, model, batch, flags):
    prediction = lines(run("simulate", "--calibration", calibration, "--model", model, "--batch-size", str(batch), *flags, "--json"))[-1]
    return prediction["stepSeconds"], prediction["limit"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="synthetic:strokes?samples=20000", help="images of 28 by 28 pixels in ten classes")
    parser.add_argument("--calibration", help="a file of 'disttrain bench --calibrate'; without it the machine is measured")
    parser.add_argument("--seconds", default="1.5", help="for each measurement of the calibration")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    subprocess.run(["dotnet", "build", "-c", "Release", "--nologo", "-v", "quiet", str(ROOT / "src" / "DistTrain.Cli")], check=True)
    with tempfile.TemporaryDirectory() as folder:
        calibration = options.calibration or f"{folder}/calibration.json"
        if options.calibration is None:
            print(run("bench", "--calibrate", calibration, "--seconds", options.seconds), flush=True)
        measured = {}
        for _ in range(options.rounds):
            for model, batch, epochs in TRAININGS:
                for place, flags, _ in PLACES:
                    measured.setdefault((model, batch, place), []).extend(measure(options.data, model, batch, epochs, flags))
        print("| training | where | measured, ms a step | predicted | predicted / measured | limit |\n|---|---|---|---|---|---|")
        for model, batch, _ in TRAININGS:
            for place, _, flags in PLACES:
                steps = measured[(model, batch, place)]
                predicted, limit = predict(calibration, model, batch, flags)
                median = statistics.median(steps)
                print(f"| `{model}`, batch {batch} | {place} | {median * 1e3:.2f} ({min(steps) * 1e3:.2f} to {max(steps) * 1e3:.2f}) | {predicted * 1e3:.2f} | {predicted / median:.2f} | {limit} |")


if __name__ == "__main__":
    main()
