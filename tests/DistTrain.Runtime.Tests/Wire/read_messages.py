"""What Python's msgpack says of the wire format: decodes each message of a file of lines "NUMBER KIND HEX", fails unless it is a list with the kind's number first that is made of lists, numbers,
texts, bytes, booleans and None only, and unless the same bytes come out when it is encoded again.
"""
import sys

import msgpack

ALLOWED = (int, float, str, bytes, bool, type(None))


def check(value, where):
    if isinstance(value, list):
        for item in value:
            check(item, where)
    elif not isinstance(value, ALLOWED):
        sys.exit(f"{where}: {value!r} is of {type(value)}")


lines = [line.split() for line in open(sys.argv[1], encoding="utf-8")]
for number, kind, text in lines:
    packed = bytes.fromhex(text)
    message = msgpack.unpackb(packed, raw=False, strict_map_key=True)
    if not isinstance(message, list) or message[0] != int(number):
        sys.exit(f"{kind}: {message!r} is no list that begins with {number}")
    check(message, kind)
    again = msgpack.packb(message, use_bin_type=True)
    if again != packed:
        sys.exit(f"{kind}: {packed.hex()} is encoded as {again.hex()}")
print(f"{len(lines)} messages read")
