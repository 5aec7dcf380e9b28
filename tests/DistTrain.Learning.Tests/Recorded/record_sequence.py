"""Records values from PyTorch for RecordedTrainingTests: python3 record_sequence.py > sequence.json

Ten steps of gradient descent on small networks that between them have every layer but dropout (whose noise is each library's own), in double precision: the loss before every step, all tensors before the first and after the last, and outputs in evaluation.
Weights are written as DistTrain has them: [inputs, outputs], images as [height, width, channels]. PyTorch's second bias of an LSTM is held at zero.
"""
import json

import torch
from torch import nn

torch.manual_seed(5)
STEPS, RATE = 10, 0.3


def values(tensor):
    return [float(value) for value in tensor.detach().double().flatten()]


def flat_image_weight(layer, channels, height, width):
    """A dense layer behind a flattened image: its inputs in the order height, width, channels."""
    return layer.weight.view(-1, channels, height, width).permute(2, 3, 1, 0).reshape(-1, layer.weight.shape[0])


def dense(layer):
    return [layer.weight.T, layer.bias]


def batch_norm(layer):
    return [layer.weight, layer.bias, layer.running_mean, layer.running_var]


def lstm(layer):
    return [layer.weight_ih_l0.T, layer.weight_hh_l0.T, layer.bias_ih_l0]


def recurrent(features, units):
    layer = nn.LSTM(features, units, batch_first=True)
    with torch.no_grad():
        layer.bias_hh_l0.zero_()
    layer.bias_hh_l0.requires_grad_(False)
    return layer


def train(name, layers, shape, modules, forward, tensors, x, labels, as_images=False):
    network = nn.ModuleList(modules).double()
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    optimizer = torch.optim.SGD([parameter for parameter in network.parameters() if parameter.requires_grad], lr=RATE)
    before = [values(tensor) for tensor in tensors()]
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        outputs = forward(x)
        loss = nn.functional.cross_entropy(outputs.reshape(-1, outputs.shape[-1]), labels.flatten())
        losses.append(float(loss))
        loss.backward()
        optimizer.step()
    after = [values(tensor) for tensor in tensors()]
    network.eval()
    return {
        "name": name, "layers": layers, "shape": shape, "inputs": values(x.permute(0, 2, 3, 1) if as_images else x), "labels": labels.flatten().tolist(), "samples": x.shape[0],
        "losses": losses, "before": before, "after": after, "evaluation": values(forward(x)),
    }


def of_features():
    a, b, c, n, m = nn.Linear(5, 6), nn.Linear(6, 4), nn.Linear(4, 3), nn.BatchNorm1d(6), nn.BatchNorm1d(4, momentum=0.3, eps=0.01)
    return train(
        "batch norm of features",
        [{"kind": "dense", "units": 6}, {"kind": "batch-norm"}, {"kind": "relu"}, {"kind": "dense", "units": 4}, {"kind": "batch-norm", "momentum": 0.3, "epsilon": 0.01}, {"kind": "tanh"}, {"kind": "output"}],
        [5], [a, b, c, n, m], lambda x: c(torch.tanh(m(b(torch.relu(n(a(x))))))), lambda: dense(a) + batch_norm(n) + dense(b) + batch_norm(m) + dense(c),
        torch.randn(7, 5, dtype=torch.float64), torch.tensor([0, 1, 2, 2, 1, 0, 1]))


def of_images():
    convolution, norm, out = nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.Linear(3 * 4 * 5, 3)
    return train(
        "batch norm of images",
        [{"kind": "conv", "filters": 3, "kernel": 3, "padding": 1}, {"kind": "batch-norm"}, {"kind": "relu"}, {"kind": "flatten"}, {"kind": "output"}],
        [4, 5, 2], [convolution, norm, out], lambda x: out(torch.relu(norm(convolution(x))).flatten(1)),
        lambda: [convolution.weight.permute(2, 3, 1, 0), convolution.bias] + batch_norm(norm) + [flat_image_weight(out, 3, 4, 5), out.bias],
        torch.randn(5, 2, 4, 5, dtype=torch.float64), torch.tensor([0, 1, 2, 2, 1]), as_images=True)


def of_layers():
    a, n, m, b = nn.Linear(4, 18), nn.LayerNorm(18), nn.LayerNorm(18, eps=0.01), nn.Linear(18, 3)
    return train(
        "layer norm",
        [{"kind": "dense", "units": 18}, {"kind": "layer-norm"}, {"kind": "tanh"}, {"kind": "layer-norm", "epsilon": 0.01}, {"kind": "output"}],
        [4], [a, n, m, b], lambda x: b(m(torch.tanh(n(a(x))))), lambda: dense(a) + [n.weight, n.bias, m.weight, m.bias] + dense(b),
        torch.randn(6, 4, dtype=torch.float64), torch.tensor([0, 1, 2, 2, 1, 0]))


def classification():
    first, second, out = recurrent(3, 5), recurrent(5, 4), nn.Linear(4, 3)
    return train(
        "LSTM, classification",
        [{"kind": "lstm", "units": 5, "return": "all"}, {"kind": "lstm", "units": 4}, {"kind": "output"}],
        [6, 3], [first, second, out], lambda x: out(second(first(x)[0])[0][:, -1]), lambda: lstm(first) + lstm(second) + dense(out),
        torch.randn(7, 6, 3, dtype=torch.float64), torch.tensor([0, 1, 2, 2, 1, 0, 1]))


def prediction():
    layer, out = recurrent(2, 6), nn.Linear(6, 3)
    return train(
        "LSTM, a label for each step",
        [{"kind": "lstm", "units": 6, "return": "all"}, {"kind": "output", "per-position": "yes"}],
        [4, 2], [layer, out], lambda x: out(layer(x)[0]), lambda: lstm(layer) + dense(out),
        torch.randn(5, 4, 2, dtype=torch.float64), torch.randint(0, 3, (5, 4)))


def convolution(layer):
    return [layer.weight.permute(2, 3, 1, 0)] + ([] if layer.bias is None else [layer.bias])


def of_pools():
    a, b, c, out = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 6, (3, 2), stride=2, groups=2), nn.Conv2d(6, 5, 1, bias=False), nn.Linear(5, 3)
    pool, average = nn.MaxPool2d(2), nn.AvgPool2d(2, stride=1)
    return train(
        "convolutions and pools",
        [{"kind": "conv", "filters": 4, "kernel": 3, "padding": "same"}, {"kind": "relu"}, {"kind": "max-pool", "kernel": 2},
         {"kind": "conv", "filters": 6, "kernel": "3x2", "stride": 2, "groups": 2}, {"kind": "tanh"}, {"kind": "average-pool", "kernel": 2, "stride": 1},
         {"kind": "conv", "filters": 5, "kernel": 1, "bias": "no"}, {"kind": "global-average-pool"}, {"kind": "output"}],
        [10, 12, 2], [a, b, c, out], lambda x: out(c(average(torch.tanh(b(pool(torch.relu(a(x))))))).mean((2, 3))),
        lambda: convolution(a) + convolution(b) + convolution(c) + dense(out),
        torch.randn(6, 2, 10, 12, dtype=torch.float64), torch.tensor([0, 1, 2, 2, 1, 0]), as_images=True)


def of_a_residual():
    a, b, c, n, out = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 2, 1), nn.BatchNorm2d(4), nn.Linear(6, 3)

    def forward(x):
        trunk = torch.relu(a(x))
        joined = torch.relu(trunk + n(b(trunk)))
        return out(torch.cat([joined, c(trunk)], 1).amax((2, 3)))

    return train(
        "a residual and a concatenated branch",
        [{"kind": "conv", "filters": 4, "kernel": 3, "padding": "same"}, {"kind": "relu", "name": "trunk"}, {"kind": "conv", "filters": 4, "kernel": 3, "padding": "same"},
         {"kind": "batch-norm", "name": "branch"}, {"kind": "add", "from": ["trunk", "branch"]}, {"kind": "relu", "name": "joined"},
         {"kind": "conv", "filters": 2, "kernel": 1, "from": ["trunk"], "name": "side"}, {"kind": "concat", "from": ["joined", "side"]}, {"kind": "global-max-pool"}, {"kind": "output"}],
        [5, 4, 3], [a, b, c, n, out], forward, lambda: convolution(a) + convolution(b) + batch_norm(n) + convolution(c) + dense(out),
        torch.randn(6, 3, 5, 4, dtype=torch.float64), torch.tensor([0, 1, 2, 2, 1, 0]), as_images=True)


def of_activations():
    layers = [nn.Linear(5, 7), nn.Linear(7, 6), nn.Linear(6, 6), nn.Linear(6, 5), nn.Linear(5, 6), nn.Linear(6, 4), nn.Linear(4, 3)]
    functions = [nn.ELU(0.7), nn.GELU(), nn.SiLU(), nn.LeakyReLU(0.2), nn.Sigmoid(), nn.Softmax(-1)]
    kinds = [{"kind": "elu", "alpha": 0.7}, {"kind": "gelu"}, {"kind": "swish"}, {"kind": "leaky-relu", "slope": 0.2}, {"kind": "sigmoid"}, {"kind": "softmax"}]

    def forward(x):
        for layer, function in zip(layers, functions):
            x = function(layer(x))
        return layers[-1](x)

    written = [entry for layer, kind in zip(layers, kinds) for entry in ({"kind": "dense", "units": layer.out_features}, kind)]
    return train(
        "every activation", written + [{"kind": "output"}], [5], layers, forward, lambda: [tensor for layer in layers for tensor in dense(layer)],
        torch.randn(8, 5, dtype=torch.float64), torch.tensor([0, 1, 2, 2, 1, 0, 1, 2]))


def of_tokens():
    table, a, out = nn.Embedding(6, 4), nn.Linear(4, 5), nn.Linear(15, 3)
    return train(
        "an embedding",
        [{"kind": "embedding", "vocabulary": 6, "dimensions": 4}, {"kind": "dense", "units": 5, "per-position": "yes"}, {"kind": "tanh"}, {"kind": "flatten"}, {"kind": "output"}],
        [3], [table, a, out], lambda x: out(torch.tanh(a(table(x.long()))).flatten(1)), lambda: [table.weight] + dense(a) + dense(out),
        torch.randint(0, 6, (7, 3)).double(), torch.tensor([0, 1, 2, 2, 1, 0, 1]))


print(json.dumps({
    "version": "PyTorch " + torch.__version__, "rate": RATE,
    "trainings": [of_features(), of_images(), of_layers(), classification(), prediction(), of_pools(), of_a_residual(), of_activations(), of_tokens()],
}, indent=1))
