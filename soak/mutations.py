"""What happens to files: bits flip, ends are cut off, and numbers in JSON become something else."""

import json
import random
from typing import Any

DEEP = "@deep@"  # stands for what is too deep to be written by json.dumps
STRANGE: tuple[object, ...] = (
    None,
    True,
    False,
    -1,
    0,
    1,
    7,
    2**31,
    10**18,
    10**400,
    0.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "3",
    "../../etc",
    "a\0b",
    "\ud800",
    "x" * 20_000,
    [],
    [1],
    [[]],
    {},
    {"a": 1},
    DEEP,
)


def bytes_changed(content: bytes, source: random.Random) -> bytes:
    """Return the bytes with something done to them: a bit, a cut, a hole, an insert, a claim, nothing left."""
    size, kind = len(content), source.randrange(8)
    place = source.randrange(min(size, 4096) if source.random() < 0.5 else size)
    if kind == 0:
        return content[:place] + bytes([content[place] ^ 1 << source.randrange(8)]) + content[place + 1 :]
    if kind == 1:
        return content[:place]
    if kind == 2:
        return content[:place] + content[place + source.randrange(1, 40) :]
    if kind == 3:
        return content[:place] + source.randbytes(source.randrange(1, 20)) + content[place:]
    if kind == 4:
        return content[:place] + source.randbytes(8) + content[place + 8 :]
    if kind == 5:  # a size at the front, as safetensors and idx files have it
        claim = source.choice([2**63, 2**31, size, 0, 7, 2**40])
        width, order = source.choice([(8, "little"), (4, "big")])
        start = source.choice([0, 4, 8])
        number = (claim % 2 ** (8 * width)).to_bytes(width, "little" if order == "little" else "big")
        return content[:start] + number + content[start + width :]
    if kind == 6:
        return source.choice([b"", b"\0" * size, b"[" * 100_000, b"null", b"{}", b"\xff" * 100, content + content])
    return content[:place] + b"\0" * source.randrange(1, 4096) + content[place + 1 :]


def value_changed(said: object, source: random.Random) -> str:
    """Return JSON in which one value is another, is missing, is doubled, or has company."""
    copy = json.loads(json.dumps(said))
    holder, key = _place(copy, source)
    kind = source.randrange(4)
    if holder is None:
        copy = source.choice(STRANGE)
    elif kind == 0 and isinstance(holder, dict):
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[source.choice(["other", "", "__class__", "ändern"])] = source.choice(STRANGE)
    elif kind == 1:
        holder.insert(key, source.choice(STRANGE))
    else:
        holder[key] = source.choice(STRANGE)
    text = json.dumps(copy)
    return text.replace(
        f'"{DEEP}"', source.choice(["[" * 100_000 + "]" * 100_000, '{"a":' * 50_000 + "1" + "}" * 50_000])
    )


def _place(said: Any, source: random.Random) -> tuple[Any, Any]:
    """Return a list or dict somewhere in a value, and a key of it; (None, None) for the value itself."""
    holder, key, inner = None, None, said
    while isinstance(inner, (dict, list)) and inner and (holder is None or source.random() < 0.7):
        holder = inner
        key = source.choice(list(inner)) if isinstance(inner, dict) else source.randrange(len(inner))
        inner = inner[key]
    return (None, None) if source.random() < 0.03 else (holder, key)
