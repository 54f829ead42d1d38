#!/usr/bin/env python3
"""Recomputes a merge of adapters with rational numbers, and compares every element.

usage: merge_oracle.py RULE MERGED_DIR (CONTRIBUTION_DIR WEIGHT)...

RULE is mean, ffa or stack. For stack the contributions come in the order of their blocks (ascending tensor digest).
Exit status 0 and one line `ok <tensors> <elements>`; 1 and the first difference otherwise. Nothing but the standard
library is used, and nothing of Lethe's own code.
"""
import json
import math
import struct
import sys
from fractions import Fraction

SIZES = {"F16": 2, "BF16": 2, "F32": 4, "F64": 8}
# Significant bits, and the exponent of the least subnormal.
FORMATS = {"F16": (11, -24), "BF16": (8, -133), "F32": (24, -149), "F64": (53, -1074)}


def read(directory):
    with open(directory + "/adapter_model.safetensors", "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = (entry["dtype"], entry["shape"], decode(entry["dtype"], data[start:end]))
    return tensors


def decode(dtype, raw):
    if dtype == "BF16":
        words = struct.unpack("<%dH" % (len(raw) // 2), raw)
        return list(struct.unpack("<%df" % len(words), struct.pack("<%dI" % len(words), *(w << 16 for w in words))))
    return list(struct.unpack("<%d%s" % (len(raw) // SIZES[dtype], {"F16": "e", "F32": "f", "F64": "d"}[dtype]), raw))


def rounded(q, dtype, zero=0.0):
    """q to nearest, ties to even; `zero` is what an exact zero gives."""
    if q == 0:
        return zero
    precision, least = FORMATS[dtype]
    top = abs(q).numerator.bit_length() - abs(q).denominator.bit_length()
    if abs(q) < Fraction(2) ** top:
        top -= 1
    unit = Fraction(2) ** max(top - precision + 1, least)
    # Python's round of a Fraction is exact, ties to even.
    return math.copysign(float(round(abs(q) / unit) * unit), q)


def mean(values, weights, dtype):
    return rounded(sum(Fraction(v) * w for v, w in zip(values, weights)) / sum(weights), dtype)


def expected(rule, name, dtype, inputs, weights):
    is_a, is_b = name.endswith(".lora_A.weight"), name.endswith(".lora_B.weight")
    if rule == "ffa" and is_a:
        assert all(values == inputs[0][2] for _, _, values in inputs), name
        return inputs[0][2]
    if rule == "stack" and is_a:
        return [v for _, _, values in inputs for v in values]
    if rule == "stack" and is_b:
        rank = sum(shape[1] for _, shape, _ in inputs)
        rows = []
        for row in range(inputs[0][1][0]):
            for (_, (_, r), values), w in zip(inputs, weights):
                factor = Fraction(w * rank, sum(weights) * r)
                rows += [rounded(Fraction(v) * factor, dtype, v) for v in values[row * r : (row + 1) * r]]
        return rows
    return [mean(column, weights, dtype) for column in zip(*(values for _, _, values in inputs))]


def same(a, b):
    return a == b and math.copysign(1, a) == math.copysign(1, b)


def main(rule, merged, *rest):
    contributions = [read(directory) for directory in rest[::2]]
    weights = [int(weight) for weight in rest[1::2]]
    result = read(merged)
    assert all(set(c) == set(result) for c in contributions), "different tensors"
    elements = 0
    for name, (dtype, shape, values) in sorted(result.items()):
        wanted = expected(rule, name, dtype, [c[name] for c in contributions], weights)
        assert len(wanted) == len(values) == math.prod(shape), name
        for index, (got, want) in enumerate(zip(values, wanted)):
            if not same(got, want):
                print("%s element %d: got %r, expected %r" % (name, index, got, want))
                return 1
        elements += len(values)
    print("ok", len(result), elements)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
