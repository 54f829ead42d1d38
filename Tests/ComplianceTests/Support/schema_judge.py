"""Changes manifests in one place at a time and says whether their schema accepts them.

usage: schema_judge.py SCHEMA FILE

FILE holds one JSON document a line. Each change is a line of its own on the output: `1 JSON` where the schema accepts
it, `0 JSON` where it does not, in canonical spelling.
"""

import json
import sys

import jsonschema


def anchored(schema):
    """Python's `$` also matches before a line break at the end; `\\Z` does not."""
    if isinstance(schema, dict):
        return {
            name: value[:-1] + r"\Z" if name == "pattern" and isinstance(value, str) and value.endswith("$") else anchored(value)
            for name, value in schema.items()
        }
    if isinstance(schema, list):
        return [anchored(value) for value in schema]
    return schema


def replacements(value):
    yield from (None, True, 0, 7, -1, "", "a", "A", "x y", [], [value], {}, {"a": value}, 2**53 - 1)
    if isinstance(value, str):
        yield from (value + "\n", value + " ", " " + value, value.upper(), value[:-1], value + value, value + "\u00e9")
        yield from ("x" * 64, "x" * 65, "x" * 2000, "x" * 2001, value.replace("1", "01"), value + "-", value + "\u007f")
        yield from ("2027-02-28", "2027-02-30", "2027-13-01", ">=1 <2", ">=1.0 <2.0", ">=01 <2", ">=1  <2", "integer", "text")
        yield from ("https://a.example/x", "https://", "http://a.example", "https://a b", "any", "low", "primary", "A-1", "A--1")


def changes(value):
    for new in replacements(value):
        if new != value or type(new) is not type(value):
            yield new
    if isinstance(value, dict):
        for name, child in value.items():
            yield {other: value[other] for other in value if other != name}
            for new in changes(child):
                yield {**value, name: new}
        for extra in ("zz", "Zz", "z-z", "applies_from", "judgement"):
            if extra not in value:
                for new in (None, "x", ">=1 <2", {"question": "x"}, "2027-01-01"):
                    yield {**value, extra: new}
    if isinstance(value, list):
        for place, child in enumerate(value):
            for new in changes(child):
                yield value[:place] + [new] + value[place + 1:]
        if value:
            yield value + value[:1]


def main():
    with open(sys.argv[1]) as file:
        validator = jsonschema.Draft202012Validator(anchored(json.load(file)))
    seen = set()
    with open(sys.argv[2]) as file:
        for line in file:
            document = json.loads(line)
            for changed in [document, *changes(document)]:
                text = json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                if text not in seen:
                    seen.add(text)
                    print(int(validator.is_valid(changed)), text)


main()
