"""Trains one job with PyTorch, transformers and PEFT: the reference external trainer.

usage: python3 peft_trainer.py JOB-DIRECTORY

Reads job.json and what it names, trains as the recipe says, and writes a PEFT directory with run.json into the output
directory. schemas/external-trainers.md defines all of them. The initial values of A and of the classifier are PyTorch's
under the recipe's seed, not the built-in trainer's: the two give different adapters of the same kind.
"""

import hashlib
import json
import os
import platform
import struct
import sys

import torch
import transformers
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from safetensors import safe_open
from transformers import AutoTokenizer, BertForSequenceClassification


def main(directory):
    job = read_json(directory, "job.json")
    if job["format"] != "lethe/training-job/v1":
        sys.exit(f"job.json has the format {job['format']}, which this trainer does not know")
    if "directory" not in job["base"]:
        sys.exit("the embedded base has no directory: this trainer needs a Hugging Face model")
    recipe = read_json(directory, job["recipe"])
    records = [json.loads(line) for line in open(os.path.join(directory, job["records"]), encoding="utf-8")]
    torch.manual_seed(recipe["seed"])
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(job["threads"])
    model = build(job, recipe, directory)
    train(model, AutoTokenizer.from_pretrained(job["base"]["directory"]), recipe, records)
    save(model, recipe, os.path.join(directory, job["output"]))


def read_json(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return json.load(file)


def build(job, recipe, directory):
    """The base with a fresh adapter, or with the parent's."""
    base = BertForSequenceClassification.from_pretrained(job["base"]["directory"], num_labels=recipe["classCount"])
    for module in base.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    if "parent" in job:
        return PeftModel.from_pretrained(base, os.path.join(directory, job["parent"]), is_trainable=True)
    lora = recipe["lora"]
    return get_peft_model(base, LoraConfig(
        task_type=TaskType.SEQ_CLS, r=lora["rank"], lora_alpha=lora["alpha"], lora_dropout=0.0,
        target_modules=list(lora["targetModules"]), modules_to_save=list(recipe["modulesToSave"])))


def train(model, tokenizer, recipe, records):
    optimiser, linear = recipe["optimiser"], recipe["optimiser"]["schedule"] == "linear"
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    adamw = torch.optim.AdamW(
        parameters, lr=float(optimiser["learningRate"]), betas=(float(optimiser["beta1"]), float(optimiser["beta2"])),
        eps=float(optimiser["epsilon"]), weight_decay=float(optimiser["weightDecay"]))
    size = recipe["batchSize"]
    steps = recipe["epochs"] * -(-len(records) // size)
    step = 0
    model.train()
    for epoch in range(recipe["epochs"]):
        ordered = sorted(records, key=lambda record: place(record, recipe["seed"], epoch))
        for start in range(0, len(ordered), size):
            batch = ordered[start:start + size]
            if linear:
                for group in adamw.param_groups:
                    group["lr"] = float(optimiser["learningRate"]) * (steps - step) / steps
            tokens = tokenizer(
                [record["text"] for record in batch], padding=True, truncation=True,
                max_length=recipe["maximumTokens"], return_tensors="pt")
            loss = model(**tokens, labels=torch.tensor([record["label"] for record in batch])).loss
            if not torch.isfinite(loss):
                sys.exit(f"the loss is {loss.item()} at step {step + 1} of {steps}")
            adamw.zero_grad()
            loss.backward()
            adamw.step()
            step += 1


def place(record, seed, epoch):
    """Where a record comes in an epoch; it depends on no other record."""
    prefix = b"lethe/order/v1\0" + struct.pack(">QI", seed, epoch)
    return hashlib.sha256(prefix + bytes.fromhex(record["commitment"])).digest()


def save(model, recipe, output):
    model.save_pretrained(output, safe_serialization=True)
    # PEFT adds its own names for classification heads to the list, some of them twice.
    path = os.path.join(output, "adapter_config.json")
    configuration = read_json(output, "adapter_config.json")
    configuration["modules_to_save"] = recipe["modulesToSave"]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(configuration, file, indent=2, sort_keys=True)
    run = {
        "format": "lethe/training-run/v1",
        "tensors": tensor_digest(os.path.join(output, "adapter_model.safetensors")),
        "trainer": {
            "hardware": text(platform.processor() or platform.machine()),
            "image": text(os.environ.get("LETHE_TRAINER_IMAGE", "none")),
            "versions": text(f"torch {torch.__version__}, transformers {transformers.__version__}, "
                             f"peft {sys.modules['peft'].__version__}, python {platform.python_version()}"),
        },
    }
    with open(os.path.join(output, "run.json"), "w", encoding="utf-8") as file:
        json.dump(run, file)


def text(value):
    return "".join(character if " " <= character <= "~" else "?" for character in value)[:200] or "unknown"


def tensor_digest(path):
    """The digest of schemas/adapters.md over F32 tensors."""
    digest = hashlib.sha256(b"lethe/tensors/v1\0")
    with safe_open(path, framework="pt") as file:
        for name in sorted(file.keys(), key=lambda name: name.encode()):
            tensor = file.get_tensor(name).to(torch.float32).contiguous()
            encoded = name.encode()
            digest.update(struct.pack(">I", len(encoded)) + encoded + b"F32 " + struct.pack(">I", tensor.dim()))
            digest.update(b"".join(struct.pack(">Q", size) for size in tensor.shape))
            digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
