"""What a program that knows nothing but the published layout of safetensors reads: 8 bytes with the header's length, the header in JSON, and the values where it says. Prints for each tensor
its name, its shape and its values' bits, and fails where the layout is not kept.
"""
import json
import struct
import sys

with open(sys.argv[1], "rb") as file:
    content = file.read()
(length,) = struct.unpack("<Q", content[:8])
header = json.loads(content[8:8 + length])
data = content[8 + length:]
covered = 0
for name, tensor in sorted((item for item in header.items() if item[0] != "__metadata__"), key=lambda item: item[1]["data_offsets"]):
    begin, end = tensor["data_offsets"]
    count = 1
    for extent in tensor["shape"]:
        count *= extent
    if tensor["dtype"] != "F32" or begin != covered or end - begin != 4 * count:
        sys.exit(f"{name}: {tensor} does not follow byte {covered}")
    values = struct.unpack(f"<{count}I", data[begin:end])
    print(name, "x".join(str(extent) for extent in tensor["shape"]), " ".join(f"{value:08X}" for value in values))
    covered = end
if covered != len(data):
    sys.exit(f"{len(data) - covered} bytes are left")
for key, value in sorted(header.get("__metadata__", {}).items()):
    print("#", key, value)
