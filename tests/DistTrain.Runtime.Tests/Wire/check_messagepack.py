"""What Python's msgpack says of our bytes: for each file NAME.bin of a folder it decodes the one value that it holds and encodes the value that NAME.json has, and fails unless both values and both
encodings are the same. Python has no type for floating-point numbers of 32 bits: a file with "single" has no others, and is packed with those.
"""
import json
import pathlib
import sys

import msgpack

folder = pathlib.Path(sys.argv[1])
files = sorted(folder.glob("*.bin"))
if not files:
    sys.exit("there are no files to check")
for file in files:
    expected = json.loads(file.with_suffix(".json").read_text())
    single = expected["single"]
    value = json.loads(json.dumps(expected["value"]), object_hook=lambda entry: bytes.fromhex(entry["bytes"]) if "bytes" in entry else float(entry["number"]))
    packed = msgpack.packb(value, use_bin_type=True, use_single_float=single)
    decoded = msgpack.unpackb(file.read_bytes(), raw=False, strict_map_key=True)
    if decoded != value:
        sys.exit(f"{file.name}: decoded as {decoded!r}, expected {value!r}")
    if packed != file.read_bytes():
        sys.exit(f"{file.name}: {file.read_bytes().hex()} is not {packed.hex()}")
print(f"{len(files)} values agree")
