"""Records values from PyTorch for RecordedValuesTests: python3 record_pytorch.py > pytorch.json

Weights are written as [inputs, outputs], which is the transpose of PyTorch's Linear.weight.
"""
import json

import torch

torch.manual_seed(7)


def values(tensor):
    return [float(value) for value in tensor.detach().double().flatten()]


def network(activation, loss_name):
    """A 5-4-3 perceptron on six samples: the mean loss and every gradient, in double precision."""
    first, second = torch.nn.Linear(5, 4).double(), torch.nn.Linear(4, 3).double()
    x = torch.randn(6, 5, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 2, 1, 0])
    out = second({"relu": torch.relu, "tanh": torch.tanh}[activation](first(x)))
    if loss_name == "cross-entropy":
        loss = torch.nn.functional.cross_entropy(out, labels)
    else:
        loss = torch.nn.functional.mse_loss(out, torch.nn.functional.one_hot(labels, 3).double())
    loss.backward()
    return {
        "activation": activation, "loss": loss_name, "inputs": values(x), "labels": labels.tolist(), "value": float(loss),
        "parameters": [values(first.weight.T), values(first.bias), values(second.weight.T), values(second.bias)],
        "gradients": [values(first.weight.grad.T), values(first.bias.grad), values(second.weight.grad.T), values(second.bias.grad)],
    }


print(json.dumps({
    "version": "PyTorch " + torch.__version__,
    "networks": [network(activation, loss) for activation in ("relu", "tanh") for loss in ("cross-entropy", "mse")],
}, indent=1))
