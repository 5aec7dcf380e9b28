#!/usr/bin/env python3
"""Pictures of reports as a browser shows them: light, dark, and as wide as a phone.

Trains the built-in digits with two optimizers and three seeds, and takes pictures of a run's report and of the comparison. Other pages can be named as NAME=FILE.html, and --samples adds
one page of each kind with made-up data, as the tests have them: to look at, not to show. Needs the SDK and a Chromium.

    python3 bench/report_pictures.py --out /tmp/pictures --samples study=out/report.html
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "src/DistTrain.Cli/bin/Release/net10.0/disttrain"

# Width and height of the window, pixels of the picture for each of its own, and whether it is dark.
VIEWS = {"light": (1240, 1500, 0.7, False), "dark": (1240, 1500, 0.7, True), "phone": (390, 1200, 0.75, False)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("pages", nargs="*", metavar="NAME=FILE", help="further pages")
    arguments.add_argument("--out", default=str(ROOT / "bench/pictures"), help="folder of the pictures [bench/pictures]")
    arguments.add_argument("--views", default="light,dark,phone", help="which of them, joined by commas [light,dark,phone]")
    arguments.add_argument("--samples", action="store_true", help="add the pages of the tests")
    arguments.add_argument("--no-runs", action="store_true", help="train nothing")
    arguments.add_argument("--top", type=int, default=0, help="pixels of the page to leave out at its top [0]")
    asked = arguments.parse_args()
    browser = next((found for found in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if found), None)
    if browser is None:
        sys.exit("report_pictures: no Chromium is installed: on Debian, apt-get install chromium")

    out = pathlib.Path(asked.out)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pages = dict(page.split("=", 1) for page in asked.pages)
        if not asked.no_runs:
            pages |= train(pathlib.Path(folder))
        if asked.samples:
            pages |= samples(pathlib.Path(folder))
        for name, page in pages.items():
            for view in asked.views.split(","):
                picture = out / f"{name}-{view}.png"
                shoot(browser, pathlib.Path(page).resolve(), picture, VIEWS[view], asked.top, pathlib.Path(folder))
                print(f"{picture}: {picture.stat().st_size / 1000:.0f} kB")


def train(folder):
    """Two groups of three runs: the report of the first run, and the comparison of all."""
    subprocess.run(["dotnet", "build", "-c", "Release", "--nologo", "-v", "q", str(ROOT / "src/DistTrain.Cli")], check=True, stdout=subprocess.DEVNULL)
    runs = []
    for optimizer, rate in (("momentum", "0.05"), ("adam", "0.003")):
        for seed in ("1", "2", "3"):
            runs.append(f"{optimizer}-{seed}")
            program("train", "--run", runs[-1], "--seed", seed, "--optimizer", optimizer, "--learning-rate", rate, "--validation-ratio", "0.1", cwd=folder)
    program("compare", *runs, "--out", "comparison.html", cwd=folder)
    return {"run": folder / runs[0] / "report.html", "comparison": folder / "comparison.html"}


def program(*words, cwd):
    subprocess.run([str(PROGRAM), *words], cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def samples(folder):
    """The pages that the tests make; one of them has a thousand trials."""
    pages = folder / "samples"
    pages.mkdir()
    subprocess.run(
        ["dotnet", "test", "-c", "Release", "--nologo", str(ROOT / "tests/DistTrain.Study.Tests"), "--filter", "ReportPageTests"],
        check=True, stdout=subprocess.DEVNULL, env=os.environ | {"DISTTRAIN_SAMPLE_PAGES": str(pages)})
    return {f"sample-{page.stem}": page for page in sorted(pages.glob("*.html"))}


def shoot(browser, page, picture, view, top, folder):
    width, height, scale, is_dark = view
    frame = folder / "frame.html"
    # A frame that is moved up shows what lies below the first window.
    frame.write_text(f'<body style="margin:0;overflow:hidden"><iframe src="{page.as_uri()}" style="border:0;width:{width}px;height:{height + top}px;margin-top:-{top}px"></iframe>')
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--force-device-scale-factor={scale}", f"--window-size={width},{height}",
         *(["--blink-settings=preferredColorScheme=0"] if is_dark else []), f"--screenshot={picture}", frame.as_uri()],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
