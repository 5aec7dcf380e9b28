"""Records ten steps of every optimizer for RecordedOptimizerTests: python3 record_optimizers.py > optimizers.json

PyTorch's own where PyTorch has the optimizer. LARS, LAMB and the L1 penalty are written out from the papers, in the same float32.
NAdam runs with foreach=True: PyTorch 1.13's other implementation multiplies its product of momenta by the newest one twice, against its own documentation; later versions do not.
The test computes the gradients for itself from the same formula: the sum over elements of (w - c)^4, so 4 (w - c)^3.
"""
import json

import torch

STEPS, RATE = 10, 0.02


class Case:
    """Two tensors, so that a norm of one differs from a norm over all; the second starts at zero."""

    def __init__(self):
        self.weights = [torch.nn.Parameter(torch.linspace(-1.5, 1.5, 7)), torch.nn.Parameter(torch.zeros(1))]
        self.centres = [torch.linspace(0.3, -0.4, 7), torch.tensor([0.25])]

    def gradients(self):
        for w in self.weights:
            w.grad = None
        sum(((w - c) ** 4).sum() for w, c in zip(self.weights, self.centres)).backward()
        return [w.grad for w in self.weights]


def record(name, settings, update):
    """update(case) gives a function that makes one step from the gradients in the weights."""
    case = Case()
    step = update(case)
    path = []
    for _ in range(STEPS):
        case.gradients()
        step()
        path.append([float(value) for w in case.weights for value in w.detach().double()])
    return {"name": name, "settings": settings, "path": path}


def pytorch(name, make, before=None, **settings):
    def update(case):
        optimizer = make(case.weights)

        def step():
            if before:
                before(case.weights)
            optimizer.step()
        return step
    return record(name, settings, update)


def formula(name, rule, **settings):
    """rule(w, g, state, t) gives w' of one tensor; state is its own dictionary."""
    def update(case):
        states = [{} for _ in case.weights]
        t = [0]

        def step():
            t[0] += 1
            with torch.no_grad():
                for w, state in zip(case.weights, states):
                    w.copy_(rule(w, w.grad, state, t[0]))
        return step
    return record(name, settings, update)


def lars(momentum, trust, decay):
    """You, Gitman and Ginsburg 2017, algorithm 1: v = m v + rate * local * (g + decay w); w = w - v."""
    def rule(w, g, state, t):
        wn, gn = w.norm(), g.norm()
        local = trust * wn / (gn + decay * wn) if wn > 0 and gn > 0 else 1.0
        state["v"] = momentum * state.get("v", torch.zeros_like(w)) + RATE * local * (g + decay * w)
        return w - state["v"]
    return rule


def lamb(decay, beta1=0.9, beta2=0.999, epsilon=1e-6):
    """You et al. 2020, algorithm 2 with phi(z) = z."""
    def rule(w, g, state, t):
        state["m"] = beta1 * state.get("m", torch.zeros_like(w)) + (1 - beta1) * g
        state["v"] = beta2 * state.get("v", torch.zeros_like(w)) + (1 - beta2) * g * g
        r = (state["m"] / (1 - beta1 ** t)) / ((state["v"] / (1 - beta2 ** t)).sqrt() + epsilon) + decay * w
        wn, rn = w.norm(), r.norm()
        return w - RATE * (wn / rn if wn > 0 and rn > 0 else 1.0) * r
    return rule


def l1(strength):
    return lambda w, g, state, t: w - RATE * (g + strength * torch.sign(w))


o = torch.optim
clip_norm = lambda limit: lambda weights: torch.nn.utils.clip_grad_norm_(weights, limit)
clip_value = lambda limit: lambda weights: torch.nn.utils.clip_grad_value_(weights, limit)
print(json.dumps({"version": "PyTorch " + torch.__version__, "rate": RATE, "optimizers": [
    pytorch("sgd", lambda p: o.SGD(p, lr=RATE)),
    pytorch("sgd", lambda p: o.SGD(p, lr=RATE, weight_decay=0.1), l2=0.1),
    pytorch("sgd", lambda p: o.SGD(p, lr=RATE), clip_norm(1.5), clipNorm=1.5),
    pytorch("sgd", lambda p: o.SGD(p, lr=RATE), clip_value(0.7), clipValue=0.7),
    formula("sgd", l1(0.1), l1=0.1),
    pytorch("momentum", lambda p: o.SGD(p, lr=RATE, momentum=0.9)),
    pytorch("momentum", lambda p: o.SGD(p, lr=RATE, momentum=0.8, weight_decay=0.1), clip_norm(1.5), clipNorm=1.5, momentum=0.8, l2=0.1),
    pytorch("nesterov", lambda p: o.SGD(p, lr=RATE, momentum=0.9, nesterov=True)),
    pytorch("adagrad", lambda p: o.Adagrad(p, lr=RATE)),
    pytorch("adagrad", lambda p: o.Adagrad(p, lr=RATE, initial_accumulator_value=0.1, eps=1e-6), initialAccumulator=0.1, epsilon=1e-6),
    pytorch("adadelta", lambda p: o.Adadelta(p, lr=RATE)),
    pytorch("adadelta", lambda p: o.Adadelta(p, lr=RATE, rho=0.8), rho=0.8),
    pytorch("rmsprop", lambda p: o.RMSprop(p, lr=RATE)),
    pytorch("rmsprop", lambda p: o.RMSprop(p, lr=RATE, alpha=0.9, centered=True, momentum=0.5), rho=0.9, centered=True, momentum=0.5),
    pytorch("adam", lambda p: o.Adam(p, lr=RATE)),
    pytorch("adam", lambda p: o.Adam(p, lr=RATE, betas=(0.8, 0.9), eps=1e-4, weight_decay=0.1), beta1=0.8, beta2=0.9, epsilon=1e-4, l2=0.1),
    pytorch("adamax", lambda p: o.Adamax(p, lr=RATE)),
    pytorch("nadam", lambda p: o.NAdam(p, lr=RATE, foreach=True)),
    pytorch("nadam", lambda p: o.NAdam(p, lr=RATE, momentum_decay=0.1, foreach=True), momentumDecay=0.1),
    pytorch("amsgrad", lambda p: o.Adam(p, lr=RATE, amsgrad=True, betas=(0.9, 0.5)), beta2=0.5),
    pytorch("adamw", lambda p: o.AdamW(p, lr=RATE)),
    pytorch("adamw", lambda p: o.AdamW(p, lr=RATE, weight_decay=0.5), weightDecay=0.5),
    formula("lars", lars(0.9, 0.001, 0)),
    formula("lars", lars(0.5, 0.3, 0.1), momentum=0.5, trustCoefficient=0.3, weightDecay=0.1),
    formula("lamb", lamb(0)),
    formula("lamb", lamb(0.1), weightDecay=0.1),
]}, indent=1))
