#!/usr/bin/env python3
"""What checkpoints cost: the same training with and without them, in alternated pairs, on a quiet machine.

    python3 bench/checkpoint_cost.py --mnist FOLDER [--rounds 3] [--every 20] [mlp cnn big]

Prints, for each model: the time of a step without checkpoints; with one after every so many steps (far more often than anybody would take them, so that the difference is measurable); what one checkpoint adds to the
steps, in milliseconds, as a share of one step, and as a share of the training time with one every 30 seconds (the default); how long one takes to be written while training goes on; and its size.
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
DEFAULT_SECONDS = 30
MODELS = {
    "mlp": ["--model", "mlp:512,512", "--batch-size", "256", "--epochs", "4", "--optimizer", "adam", "--learning-rate", "0.001"],
    "cnn": ["--model", "cnn", "--batch-size", "256", "--epochs", "2", "--optimizer", "momentum", "--learning-rate", "0.05"],
    "big": ["--model", "mlp:4096,4096", "--batch-size", "256", "--epochs", "1", "--optimizer", "momentum", "--learning-rate", "0.01"],
}


def train(data, model, checkpoints):
    """Events of one run, and the bytes of its newest checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "run"
        done = subprocess.run([PROGRAM, "train", "--data", data, *MODELS[model], *checkpoints, "--json", "--run", str(run)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"disttrain ended with {done.returncode}: {done.stderr}")
        kept = sorted((run / "checkpoints").glob("step-*")) if checkpoints != ["--checkpoints", "no"] else []
        size = sum(file.stat().st_size for file in kept[-1].iterdir()) if kept else 0
        return [json.loads(line) for line in done.stdout.splitlines()], size


def seconds_and_steps(events):
    epochs = [event for event in events if event["event"] == "epoch"]
    return sum(epoch["seconds"] for epoch in epochs), sum(epoch["steps"] for epoch in epochs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", choices=[*MODELS, []], default=[])
    parser.add_argument("--mnist", required=True, help="folder with the four MNIST files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--every", type=int, default=20, help="steps from one checkpoint to the next")
    arguments = parser.parse_args()
    data = f"mnist:{arguments.mnist}"
    print(f"{'model':5} {'step ms':>9} {'with ms':>9} {'checkpoints':>12} {'one adds ms':>12} {'of a step':>10} {'of the time, one each 30 s':>27} {'written in ms':>14} {'MB':>7}")
    for model in arguments.models or MODELS:
        added, without_ms, with_ms, writing, count, size = [], [], [], [], 0, 0
        for _ in range(arguments.rounds):
            plain, _ = train(data, model, ["--checkpoints", "no"])
            taken, size = train(data, model, ["--checkpoint-steps", str(arguments.every), "--checkpoint-epochs", "no", "--checkpoint-seconds", "0"])
            (plain_seconds, steps), (taken_seconds, _) = seconds_and_steps(plain), seconds_and_steps(taken)
            saved = [event["writingSeconds"] for event in taken if event["event"] == "checkpoint"]
            count = len(saved)
            writing += saved
            without_ms.append(1000 * plain_seconds / steps)
            with_ms.append(1000 * taken_seconds / steps)
            added.append(1000 * (taken_seconds - plain_seconds) / count)
            if plain[-1]["weightsHash"] != taken[-1]["weightsHash"]:
                sys.exit(f"{model}: checkpoints changed the weights")
        step, one = statistics.median(without_ms), statistics.median(added)
        spread = f"({min(added):.1f} to {max(added):.1f})"
        print(f"{model:5} {step:9.2f} {statistics.median(with_ms):9.2f} {count:12} {one:12.1f} {one / step:10.1%} {one / (1000 * DEFAULT_SECONDS):27.3%} {1000 * statistics.median(writing):14.0f} {size / 1e6:7.1f}  {spread}",
              flush=True)


if __name__ == "__main__":
    main()
