"""Records NPY and NPZ files as NumPy writes them, with the values they hold: python3 record_numpy.py > numpy.json"""
import base64
import io
import json
import sys

import numpy

ARRAY = numpy.arange(24).reshape(4, 3, 2)


def npy(array, version=None):
    buffer = io.BytesIO()
    numpy.lib.format.write_array(buffer, array, version=version, allow_pickle=True)
    return base64.b64encode(buffer.getvalue()).decode()


def case(name, array, version=None):
    values = array.astype(numpy.float64).flatten(order="C").astype(numpy.float32).tolist()
    return {"name": name, "shape": list(array.shape), "values": values, "bytes": npy(array, version)}


def npz(save, **arrays):
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return base64.b64encode(buffer.getvalue()).decode()


types = ["?", "i1", "u1"] + [order + name for order in "<>" for name in ("i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")]
arrays = [case(name, (ARRAY % 2 if name == "?" else ARRAY * 5 - (0 if "u" in name else 60)).astype(name)) for name in types]
arrays += [case(f"fortran {name}", numpy.asfortranarray(ARRAY.astype(name))) for name in ("<f4", ">i8", "u1")]
arrays += [case(f"version {version[0]}", ARRAY.astype("<f4"), version) for version in ((1, 0), (2, 0), (3, 0))]
arrays += [case("one axis", numpy.arange(5, dtype="<f8") / 8), case("fortran, one axis", numpy.asfortranarray(numpy.arange(5, dtype="<i4")))]
refused = {
    "objects": npy(numpy.array(["a", {}], dtype=object)),
    "texts": npy(numpy.array(["a", "b"])),
    "complex": npy(numpy.array([1j])),
    "records": npy(numpy.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")])),
    "scalar": npy(numpy.array(1.0)),
    "empty": npy(numpy.zeros((0, 3))),
    "infinite": npy(numpy.array([1.0, numpy.inf])),
    "too large": npy(numpy.array([1.0, 1e300])),
}
x_train = numpy.arange(4 * 2 * 3, dtype="u1").reshape(4, 2, 3)
parts = {"x_train": x_train, "y_train": numpy.array([3, 7, 7, 3]), "x_test": x_train[:2] + 100, "y_test": numpy.array([[-1], [3]])}
archives = {"stored": npz(numpy.savez, **parts), "packed": npz(numpy.savez_compressed, **parts), "one part": npz(numpy.savez, x=ARRAY.astype("f4"), y=numpy.arange(8.0).reshape(4, 2))}
json.dump({"numpy": numpy.__version__, "arrays": arrays, "refused": refused, "archives": archives}, sys.stdout, indent=1)
