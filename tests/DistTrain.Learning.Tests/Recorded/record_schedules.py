#!/usr/bin/env python3
"""Records learning rates of PyTorch's schedulers, which the schedules must give. Writes schedules.json beside itself and says with which version.

Each scheduler makes a step for every step of the run; those that PyTorch defines by epochs are advanced at the ends of epochs only.
"""
import json
import pathlib
import warnings

import torch
from torch.optim import SGD
from torch.optim import lr_scheduler as schedulers

warnings.filterwarnings("ignore")
BASE_RATE = 0.4
STEPS_PER_EPOCH = 7
EPOCHS = 12
TOTAL = STEPS_PER_EPOCH * EPOCHS


def optimizer():
    return SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE_RATE)


def by_step(make):
    sgd = optimizer()
    scheduler = make(sgd)
    rates = []
    for step in range(TOTAL):
        rates.append(sgd.param_groups[0]["lr"])
        sgd.step()
        if step + 1 < TOTAL:
            scheduler.step()
    return rates


def by_epoch(make):
    sgd = optimizer()
    scheduler = make(sgd)
    rates = []
    for _ in range(EPOCHS):
        for _ in range(STEPS_PER_EPOCH):
            rates.append(sgd.param_groups[0]["lr"])
            sgd.step()
        scheduler.step()
    return rates


def plateau(metrics, **settings):
    """The rate of each epoch, and its metric, when the scheduler sees the metrics at the ends of epochs."""
    sgd = optimizer()
    scheduler = schedulers.ReduceLROnPlateau(sgd, **settings)
    rates = []
    for metric in metrics:
        rates.append(sgd.param_groups[0]["lr"])
        scheduler.step(metric)
    return {"metrics": metrics, "rates": rates}


FALLING = [1.0, 0.9, 0.89995, 0.9, 0.95, 0.8, 0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.7999, 0.87, 0.88, 0.89, 0.9, 0.7, 0.75, 0.76, 0.77, 0.78, 0.79, 0.8, 0.81, 0.82]
RISING = [0.1, 0.5, 0.50001, 0.52, 0.51, 0.5, 0.49, 0.53, 0.52, 0.52, 0.52, 0.52, 0.52, 0.6, 0.59, 0.58, 0.57, 0.56, 0.55, 0.54]

values = {
    "torch": torch.__version__,
    "baseRate": BASE_RATE,
    "stepsPerEpoch": STEPS_PER_EPOCH,
    "epochs": EPOCHS,
    "rates": {
        "step": by_epoch(lambda o: schedulers.StepLR(o, 3, 0.3)),
        "multi-step": by_epoch(lambda o: schedulers.MultiStepLR(o, [2, 5, 9], 0.3)),
        "exponential": by_epoch(lambda o: schedulers.ExponentialLR(o, 0.87)),
        "polynomial": by_step(lambda o: schedulers.PolynomialLR(o, TOTAL, 1.7)),
        "cosine": by_step(lambda o: schedulers.CosineAnnealingLR(o, TOTAL, eta_min=0.05 * BASE_RATE)),
        "one-cycle": by_step(lambda o: schedulers.OneCycleLR(o, BASE_RATE, total_steps=TOTAL, pct_start=0.37, div_factor=20, final_div_factor=500, cycle_momentum=False)),
        "warm-up steps": by_step(lambda o: schedulers.LinearLR(o, 0.15, 1.0, 17)),
        "warm-up epochs, cosine": by_step(
            lambda o: schedulers.ChainedScheduler([schedulers.LinearLR(o, 0.25, 1.0, 2 * STEPS_PER_EPOCH), schedulers.CosineAnnealingLR(o, TOTAL)])),
    },
    "plateaus": [
        {"lower": True, "factor": 0.1, "patience": 2, "threshold": 1e-4, "cooldown": 0, "minimum": 0.0,
         **plateau(FALLING, mode="min", factor=0.1, patience=2, threshold=1e-4, cooldown=0, min_lr=0)},
        {"lower": True, "factor": 0.5, "patience": 1, "threshold": 0.01, "cooldown": 2, "minimum": 0.06,
         **plateau(FALLING, mode="min", factor=0.5, patience=1, threshold=0.01, cooldown=2, min_lr=0.06)},
        {"lower": False, "factor": 0.3, "patience": 0, "threshold": 0.001, "cooldown": 1, "minimum": 0.0,
         **plateau(RISING, mode="max", factor=0.3, patience=0, threshold=0.001, cooldown=1, min_lr=0)},
    ],
}
pathlib.Path(__file__).with_name("schedules.json").write_text(json.dumps(values, indent=1) + "\n")
