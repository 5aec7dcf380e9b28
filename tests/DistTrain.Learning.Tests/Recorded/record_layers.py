"""Records values from PyTorch for RecordedLayerTests: python3 record_layers.py > layers.json

All in double precision. Activations: y and the gradient by x of sum(y * weight). Losses: the mean over samples and its gradient by the outputs. Embedding: its output and the gradient by the table.
"""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(11)


def values(tensor):
    return [float(value) for value in tensor.detach().double().flatten()]


def activation(kind, settings, function):
    x = torch.cat([torch.randn(20, dtype=torch.float64) * 2, torch.tensor([-9.0, -1e-3, 0.0, 1e-3, 9.0], dtype=torch.float64)]).reshape(5, 5).requires_grad_()
    weight = torch.randn(5, 5, dtype=torch.float64)
    y = function(x)
    (y * weight).sum().backward()
    return {"kind": kind, "settings": settings, "x": values(x), "weight": values(weight), "y": values(y), "gradient": values(x.grad)}


def loss(name, function, targets, shape, smoothing=0.0, delta=1.0):
    z = (torch.randn(*shape, dtype=torch.float64) * 2).requires_grad_()
    value = function(z, targets)
    value.backward()
    integral = targets.dtype == torch.long
    return {
        "name": name, "smoothing": smoothing, "delta": delta, "samples": shape[0], "outputs": values(z), "value": float(value), "gradient": values(z.grad),
        "labels": targets.flatten().tolist() if integral else [], "values": [] if integral else values(targets),
    }


def dice(z, t):
    """The soft Dice loss is not in PyTorch: its formula on PyTorch's sigmoid, so that the gradient is PyTorch's."""
    p = torch.sigmoid(z)
    return (1 - (2 * (p * t).sum(1) + 1) / (p.sum(1) + t.sum(1) + 1)).mean()


def embedding():
    table = torch.randn(6, 3, dtype=torch.float64).requires_grad_()
    tokens = torch.tensor([[0, 5, 5, 2], [1, 5, 0, 0]])
    weight = torch.randn(2, 4, 3, dtype=torch.float64)
    y = F.embedding(tokens, table)
    (y * weight).sum().backward()
    return {"table": values(table), "tokens": tokens.flatten().tolist(), "weight": values(weight), "y": values(y), "gradient": values(table.grad)}


labels = torch.tensor([0, 2, 1, 3, 3])
positions = torch.tensor([[0, 2, 1], [3, 3, 0]])
binary = torch.tensor([0, 1, 1, 0, 1])
numbers = torch.randn(5, 4, dtype=torch.float64)
shares = torch.rand(5, 4, dtype=torch.float64)
print(json.dumps({
    "version": "PyTorch " + torch.__version__,
    "activations": [
        activation("sigmoid", {}, torch.sigmoid),
        activation("softmax", {}, lambda x: torch.softmax(x, -1)),
        activation("leaky-relu", {}, F.leaky_relu),
        activation("leaky-relu", {"slope": "0.2"}, lambda x: F.leaky_relu(x, 0.2)),
        activation("elu", {}, F.elu),
        activation("elu", {"alpha": "0.7"}, lambda x: F.elu(x, 0.7)),
        activation("gelu", {}, F.gelu),
        activation("gelu", {"approximation": "tanh"}, lambda x: F.gelu(x, approximate="tanh")),
        activation("swish", {}, F.silu),
    ],
    "losses": [
        loss("cross-entropy", F.cross_entropy, labels, (5, 4)),
        loss("cross-entropy", lambda z, t: F.cross_entropy(z, t, label_smoothing=0.1), labels, (5, 4), smoothing=0.1),
        loss("cross-entropy", lambda z, t: F.cross_entropy(z.transpose(1, 2), t), positions, (2, 3, 4)),
        loss("cross-entropy", lambda z, t: F.cross_entropy(z.transpose(1, 2), t, label_smoothing=0.2), positions, (2, 3, 4), smoothing=0.2),
        loss("mse", F.mse_loss, numbers, (5, 4)),
        loss("mae", F.l1_loss, numbers, (5, 4)),
        loss("huber", F.huber_loss, numbers, (5, 4)),
        loss("huber", lambda z, t: F.huber_loss(z, t, delta=0.3), numbers, (5, 4), delta=0.3),
        loss("binary-cross-entropy", F.binary_cross_entropy_with_logits, shares, (5, 4)),
        loss("binary-cross-entropy", lambda z, t: F.binary_cross_entropy_with_logits(z.squeeze(1), t.double()), binary, (5, 1)),
        loss("binary-cross-entropy", lambda z, t: F.binary_cross_entropy_with_logits(z, t * 0.9 + 0.05), shares, (5, 4), smoothing=0.1),
        loss("dice", dice, shares, (5, 4)),
    ],
    "embedding": embedding(),
}, indent=1))
