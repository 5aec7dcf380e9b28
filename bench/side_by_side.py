#!/usr/bin/env python3
"""DistTrain beside PyTorch and OpenBLAS on the same machine in the same session.

Each comparison alternates the two programs (ours, theirs, ours, theirs, ...), takes the ratio of each pair, and prints the median, the least and the greatest of these
ratios, with the ratio of the two bests beside them. Above 1 means that DistTrain is faster. Run it when nothing else runs on the machine.

    python3 bench/side_by_side.py --peers ../shared/peers            everything
    python3 bench/side_by_side.py --peers ../shared/peers gemm step  only these groups
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = ROOT / "bench" / "DistTrain.Benchmarks"
PROGRAM = ROOT / "src" / "DistTrain.Cli" / "bin" / "Release" / "net10.0" / "disttrain.dll"
GEMM_SHAPES = ["32,512,784", "64,512,784", "256,512,784", "784,512,256", "784,512,32", "512,512,512", "1024,1024,1024", "256,10,512", "12544,64,800"]
STEP_BATCHES = [32, 256, 1024]
CNN_BATCHES = [32, 256]


def run(command):
    """The JSON objects that a program prints, one a line."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def run_together(commands):
    """The same for programs that run side by side."""
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT) for command in commands]
    texts = [process.communicate()[0] for process in running]
    return [[json.loads(line) for line in text.splitlines() if line.startswith("{")] for text in texts]


class Table:
    """Rows of paired ratios, printed as they are measured."""

    def __init__(self, title, unit):
        print(f"\n## {title}\n")
        print(f"| case | ours ({unit}) | theirs ({unit}) | ratio, median | least to greatest | best / best |")
        print("|---|---|---|---|---|---|", flush=True)

    def row(self, case, pairs):
        ratios = [ours / theirs for ours, theirs in pairs]
        ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        print(f"| {case} | {statistics.median(ours):,.1f} | {statistics.median(theirs):,.1f} | **{statistics.median(ratios):.2f}** "
              f"| {min(ratios):.2f} to {max(ratios):.2f} | {max(ours) / max(theirs):.2f} |", flush=True)


def gemm(o, ours, peer):
    """One core: our matrix kernels against OpenBLAS."""
    rounds = [(run(ours + ["gemm", *GEMM_SHAPES]), run(peer("gemm.py", *GEMM_SHAPES))) for _ in range(o.rounds)]
    table = Table("Matrix product, one core, against OpenBLAS", "GFLOP/s")
    for i, shape in enumerate(GEMM_SHAPES):
        table.row(f"M,N,K = {shape}", [(mine[i]["gflops_median"], theirs[i]["gflops_median"]) for mine, theirs in rounds])


def alternate(o, mine, theirs):
    return [(mine(), theirs()) for _ in range(o.rounds)]


def steps(o, ours, peer, title, our_model, their_model, batches):
    table = Table(f"Training step of {title}, one thread, against PyTorch", "images/s")
    for batch in batches:
        table.row(f"batch {batch}", alternate(
            o,
            lambda: run(ours + ["step", "--batch", str(batch), "--model", our_model])[-1]["images_per_s"],
            lambda: run(peer("train.py", "--model", their_model, "--batch", str(batch), "--threads", "1"))[-1]["images_per_s"]))


def step(o, ours, peer):
    """One thread: forward, loss, backward at the default number of micro-batches, and optimizer."""
    steps(o, ours, peer, "784-512-512-10", "mlp:512,512", "mlp", STEP_BATCHES)


def cnn(o, ours, peer):
    """The same of the convolutional network."""
    steps(o, ours, peer, "cnn (3.27 M parameters)", "cnn", "cnn", CNN_BATCHES)


def through_actors(ours, model, batch, *more):
    """Images a second of two workers, whole epochs through the actors."""
    return lambda: run(ours + ["workers", "--model", model, "--batch", str(batch), "--workers", "2", *more])[-1]["images_per_s"]


def workers(o, ours, peer):
    """Two workers, whole epochs of 60,000 samples, against PyTorch with two threads."""
    table = Table("Two in-process workers, against PyTorch with two threads", "images/s")
    for batch in STEP_BATCHES:
        table.row(f"batch {batch}", alternate(
            o, through_actors(ours, "mlp:512,512", batch), lambda: run(peer("train.py", "--model", "mlp", "--batch", str(batch), "--threads", "2"))[-1]["images_per_s"]))


def ddp(o, ours, peer):
    """Two workers against two processes of PyTorch DDP."""
    for name, model, batches, more in [("784-512-512-10", ["mlp:512,512", "mlp"], [64, 256, 1024], []), ("cnn", ["cnn", "cnn"], [64, 256], ["--samples", "9600"])]:
        table = Table(f"Two in-process workers on {name}, against PyTorch DDP over gloo (two processes)", "images/s")
        for batch in batches:
            table.row(f"batch {batch}", alternate(
                o,
                through_actors(ours, model[0], batch, *more),
                lambda: run(peer("ddp.py", "--model", model[1], "--batch", str(batch), "--world", "2"))[-1]["images_per_s"]))


def train_processes(model, batch, samples, epochs, *more):
    """Images a second of whole epochs of two worker processes, the first epoch left out."""
    with tempfile.TemporaryDirectory() as run_directory:
        lines = run(["dotnet", str(PROGRAM), "train", "--processes", "2", "--data", f"synthetic:strokes?samples={samples}", "--test-ratio", "0.01", "--model", model, "--batch", str(batch),
                     "--epochs", str(epochs), "--schedule", "constant", "--json", "--run", run_directory, *more])
    return statistics.median([line["samplesPerSecond"] for line in lines if line.get("event") == "epoch"][1:])


def ddp_step(peer, model, batch, steps):
    """Images a second of DDP's median step."""
    return batch / run(peer("ddp.py", "--model", model, "--batch", str(batch), "--world", "2", "--steps", str(steps)))[-1]["step_ms_median"] * 1e3


PROCESS_CASES = [
    # our model, theirs, batch, our samples, our epochs, their steps
    ("mlp:512,512", "mlp", 64, 20_000, 7, 300),
    ("mlp:512,512", "mlp", 256, 40_000, 7, 200),
    ("mlp:512,512", "mlp", 1024, 60_000, 5, 100),
    ("cnn", "cnn", 64, 4_000, 4, 60),
    ("cnn", "cnn", 256, 8_000, 4, 20),
    ("mlp:4096,4096", "big", 256, 8_000, 4, 20),
]


def processes(o, ours, peer):
    """Two worker processes with a shard each against two processes of DDP; then what the central placement and TLS cost."""
    subprocess.run(["dotnet", "build", "-c", "Release", "--nologo", "-v", "quiet", str(ROOT / "src" / "DistTrain.Cli")], check=True)
    table = Table("Two worker processes with a shard each, against PyTorch DDP over gloo (its median step)", "images/s")
    for model, theirs, batch, samples, epochs, steps in PROCESS_CASES:
        table.row(f"{theirs}, batch {batch}", alternate(
            o, lambda: train_processes(model, batch, samples, epochs), lambda: ddp_step(peer, theirs, batch, steps)))
    for title, more in [("The central placement", ["--placement", "central"]), ("TCP on loopback", ["--local-sockets", "no"]), ("TLS", ["--tls", "yes"])]:
        table = Table(f"{title}, against plain text and a shard on each worker", "images/s")
        for model, theirs, batch, samples, epochs, _ in [PROCESS_CASES[1], PROCESS_CASES[5]]:
            table.row(f"{theirs}, batch {batch}", alternate(
                o, lambda: train_processes(model, batch, samples, epochs, *more), lambda: train_processes(model, batch, samples, epochs)))


def exchange(o, ours, peer):
    """The exchange of a step alone, in seconds for the same megabytes: above 1 means that ours takes less time."""
    for way, more in [("the machine's own sockets", ["local=1"]), ("TCP", [])]:
        table = Table(f"Gradient exchange of two processes over {way}, against gloo's all-reduce", "exchanges/s")
        rounds = [(run(ours + ["exchange", "1,16,100", *more]), run(peer("allreduce.py"))) for _ in range(o.rounds)]
        for i, line in enumerate(rounds[0][1]):
            table.row(f"{line['allreduce_mb']} MB", [(1e3 / mine[i]["ms_median"], 1e3 / theirs[i]["ms_median"]) for mine, theirs in rounds])


def tax(o, ours, peer):
    """What the actors cost: against two independent engines, and against two threads that do the same tensor work without actors."""
    table = Table("The ceiling: two independent one-thread engine processes side by side", "images/s")
    table.row("batch 1024", alternate(
        o,
        through_actors(ours, "mlp:512,512", 1024),
        # The mean, as whole epochs are: a median step would leave out what disturbs both.
        lambda: sum(lines[-1]["images_per_s_mean"] for lines in run_together([ours + ["step", "--batch", "1024"]] * 2))))
    table = Table("The tax: two threads with the same node sums, tree and optimizer kernels, without actors", "images/s")
    table.row("batch 256", alternate(
        o,
        through_actors(ours, "mlp:512,512", 256),
        lambda: run(ours + ["bare", "--batch", "256", "--threads", "2"])[-1]["images_per_s"]))


GROUPS = {"gemm": gemm, "step": step, "cnn": cnn, "workers": workers, "ddp": ddp, "tax": tax, "exchange": exchange, "processes": processes}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="which comparisons; all when none is named")
    options.add_argument("--peers", default="../shared/peers", help="folder of the peers' programs: gemm.py, train.py, ddp.py")
    options.add_argument("--python", default="/usr/bin/python3", help="the Python that has PyTorch and NumPy")
    options.add_argument("--rounds", type=int, default=7, help="alternated pairs of runs")
    o = options.parse_args()
    peers = pathlib.Path(o.peers)
    if not (peers / "gemm.py").exists():
        sys.exit(f"no peers in '{o.peers}': name their folder with --peers")
    subprocess.run(["dotnet", "build", "-c", "Release", "--nologo", "-v", "quiet", str(PROJECT)], check=True)
    ours = ["dotnet", str(PROJECT / "bin" / "Release" / "net10.0" / "DistTrain.Benchmarks.dll")]
    for name in o.groups or GROUPS:
        GROUPS[name](o, ours, lambda program, *arguments: [o.python, str(peers / program), *arguments])


if __name__ == "__main__":
    main()
