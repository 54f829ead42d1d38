#!/usr/bin/env python3
"""Prints the tensor digest and the adapter digest of a PEFT directory (`schemas/adapters.md`).

usage: adapter_digests.py DIR BASE_DIGEST_HEX

Nothing but the standard library is used. Configurations with a fractional lora_alpha are not covered.
"""
import hashlib
import json
import struct
import sys


def tensor_digest(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    digest = hashlib.sha256(b"lethe/tensors/v1\0")
    for name in sorted(header, key=str.encode):
        entry = header[name]
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        digest.update(struct.pack(">I", len(name)) + name.encode())
        digest.update(entry["dtype"].encode().ljust(4))
        digest.update(struct.pack(">I%dQ" % len(entry["shape"]), len(entry["shape"]), *entry["shape"]))
        digest.update(data[start:end])
    return digest.digest()


def canonical(config, base):
    fields = {
        "alpha_pattern": config.get("alpha_pattern") or {},
        "base_digest": base,
        "bias": config.get("bias", "none"),
        "fan_in_fan_out": config.get("fan_in_fan_out", False),
        "lora_alpha": int(config["lora_alpha"]),
        "modules_to_save": sorted(config.get("modules_to_save") or []),
        "r": config["r"],
        "rank_pattern": config.get("rank_pattern") or {},
        "target_modules": sorted(config["target_modules"]),
        "task_type": config.get("task_type"),
        "use_dora": config.get("use_dora", False),
        "use_rslora": config.get("use_rslora", False),
    }
    # For these fields, which hold ASCII names and integers, this is RFC 8785.
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def main(directory, base):
    tensors = tensor_digest(directory + "/adapter_model.safetensors")
    config = json.load(open(directory + "/adapter_config.json"))
    print(tensors.hex())
    print(hashlib.sha256(b"lethe/adapter/v1\0" + canonical(config, base) + tensors).hexdigest())


if __name__ == "__main__":
    main(*sys.argv[1:])
