#!/usr/bin/env python3
"""Loads a safetensors file with the reference library, prints each tensor's bytes, and saves it again.

usage: reference_roundtrip.py IN OUT
"""
import sys

from safetensors.numpy import load_file, save_file

tensors = load_file(sys.argv[1])
for name in sorted(tensors):
    print(name, tensors[name].tobytes().hex())
save_file(tensors, sys.argv[2], metadata={"format": "pt"})
