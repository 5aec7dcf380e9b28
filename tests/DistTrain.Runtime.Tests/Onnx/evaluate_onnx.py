"""Checks ONNX files and evaluates them with NumPy: python3 evaluate_onnx.py FOLDER

For every NAME.onnx in the folder: runs the official checker with full shape inference, evaluates the graph on the float32 values of NAME.input, and writes the output's float32 values to NAME.output.
Written from the operator specification (https://github.com/onnx/onnx/blob/main/docs/Operators.md) alone, in double precision. Any fault ends the program with a traceback.
"""
import json
import math
import pathlib
import sys

import numpy
import onnx
import onnx.checker
import onnx.helper
import onnx.numpy_helper


def windows(x, kernel, strides, pads, fill):
    """[batch, channels, height, width] as [batch, channels, output height, output width, kernel height, kernel width]."""
    x = numpy.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])), constant_values=fill)
    view = numpy.lib.stride_tricks.sliding_window_view(x, tuple(kernel), axis=(2, 3))
    return view[:, :, :: strides[0], :: strides[1]]


def conv(x, w, b=None, *, kernel_shape, strides, pads, group):
    taps = windows(x, kernel_shape, strides, pads, 0)
    channels, filters = w.shape[1], w.shape[0] // group
    parts = [
        numpy.einsum("nchwij,fcij->nfhw", taps[:, g * channels : (g + 1) * channels], w[g * filters : (g + 1) * filters])
        for g in range(group)
    ]
    y = numpy.concatenate(parts, axis=1)
    return y if b is None else y + b[None, :, None, None]


def average_pool(x, *, kernel_shape, strides, pads, count_include_pad=0):
    total = windows(x, kernel_shape, strides, pads, 0).sum(axis=(4, 5))
    ones = numpy.ones_like(x)
    count = windows(ones, kernel_shape, strides, pads, count_include_pad).sum(axis=(4, 5))
    return total / count


def batch_normalization(x, scale, bias, mean, variance, *, epsilon):
    shape = [1, -1] + [1] * (x.ndim - 2)
    return (x - mean.reshape(shape)) / numpy.sqrt(variance.reshape(shape) + epsilon) * scale.reshape(shape) + bias.reshape(shape)


def reshape(x, shape):
    return x.reshape([x.shape[i] if extent == 0 else extent for i, extent in enumerate(shape)])


def softmax(x, *, axis):
    e = numpy.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


def lstm(x, w, r, b, *, hidden_size):
    """One direction; gates in the order input, output, forget, cell. Gives (Y, Y_h, Y_c)."""
    steps, batch, _ = x.shape
    h, c = numpy.zeros((batch, hidden_size)), numpy.zeros((batch, hidden_size))
    y = numpy.zeros((steps, 1, batch, hidden_size))
    for t in range(steps):
        i, o, f, g = numpy.split(x[t] @ w[0].T + h @ r[0].T + b[0][: 4 * hidden_size] + b[0][4 * hidden_size :], 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * numpy.tanh(g)
        h = sigmoid(o) * numpy.tanh(c)
        y[t, 0] = h
    return y, h[None], c[None]


OPERATORS = {
    "Add": lambda a, b: a + b,
    "AveragePool": average_pool,
    "BatchNormalization": batch_normalization,
    "Cast": lambda x, *, to: x.astype(onnx.helper.tensor_dtype_to_np_dtype(to) if hasattr(onnx.helper, "tensor_dtype_to_np_dtype") else onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[to]),
    "Concat": lambda *x, axis: numpy.concatenate(x, axis=axis),
    "Conv": conv,
    "Div": lambda a, b: a / b,
    "Elu": lambda x, *, alpha: numpy.where(x < 0, alpha * (numpy.exp(x) - 1), x),
    "Erf": lambda x: numpy.vectorize(math.erf)(x),
    "Flatten": lambda x, *, axis: x.reshape(math.prod(x.shape[:axis]), -1),
    "Gather": lambda x, indices, *, axis=0: numpy.take(x, indices, axis=axis),
    "Gemm": lambda a, b, c: a @ b + c,
    "GlobalAveragePool": lambda x: x.mean(axis=(2, 3), keepdims=True),
    "GlobalMaxPool": lambda x: x.max(axis=(2, 3), keepdims=True),
    "Identity": lambda x: x,
    "LSTM": lstm,
    "LeakyRelu": lambda x, *, alpha: numpy.where(x < 0, alpha * x, x),
    "MatMul": lambda a, b: a @ b,
    "MaxPool": lambda x, *, kernel_shape, strides, pads: windows(x, kernel_shape, strides, pads, -numpy.inf).max(axis=(4, 5)),
    "Mul": lambda a, b: a * b,
    "ReduceMean": lambda x, *, axes, keepdims: x.mean(axis=tuple(axes), keepdims=bool(keepdims)),
    "Relu": lambda x: numpy.maximum(x, 0),
    "Reshape": reshape,
    "Sigmoid": sigmoid,
    "Softmax": softmax,
    "Sqrt": numpy.sqrt,
    "Squeeze": lambda x, axes: numpy.squeeze(x, axis=tuple(axes)),
    "Sub": lambda a, b: a - b,
    "Sum": lambda *x: sum(x),
    "Tanh": numpy.tanh,
    "Transpose": lambda x, *, perm: x.transpose(perm),
}


def evaluate(model, samples):
    def widen(array):
        return array.astype(numpy.float64) if array.dtype == numpy.float32 else array

    graph = model.graph
    values = {tensor.name: widen(onnx.numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    shape = [dimension.dim_value for dimension in graph.input[0].type.tensor_type.shape.dim]
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch", "the batch axis is not open"
    values[graph.input[0].name] = widen(samples.reshape([-1] + shape[1:]))
    for node in graph.node:
        attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        results = OPERATORS[node.op_type](*[values[name] for name in node.input], **attributes)
        for name, result in zip(node.output, results if isinstance(results, tuple) else (results,)):
            values[name] = result
    return values[graph.output[0].name]


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    onnx.checker.check_model(str(path), full_check=True)
    loaded = onnx.load(str(path))
    output = evaluate(loaded, numpy.fromfile(path.with_suffix(".input"), dtype="<f4"))
    expected = [dimension.dim_value for dimension in loaded.graph.output[0].type.tensor_type.shape.dim][1:]
    assert list(output.shape[1:]) == expected, f"{path.name}: output of shape {output.shape}, announced as {expected}"
    output.astype("<f4").tofile(path.with_suffix(".output"))
    description = {"output": loaded.graph.output[0].name, "operators": [node.op_type for node in loaded.graph.node], "metadata": {entry.key: entry.value for entry in loaded.metadata_props}}
    path.with_suffix(".json").write_text(json.dumps(description))
