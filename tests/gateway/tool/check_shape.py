"""Whether JSON values are of their shapes. usage: check_shape.py FOLDER; standard input says of each
value its shape and the value: SHAPE<Tab>VALUE, a value being the rest of the line. Says what is
wrong with which line, and ends with 1 if anything is."""
import json
import pathlib
import sys

import jsonschema

folder = pathlib.Path(sys.argv[1]).resolve()
judges = {}


def judge_of(shape):
    if shape not in judges:
        path = folder / f"{shape}.json"
        schema = json.loads(path.read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        resolver = jsonschema.RefResolver(path.as_uri(), schema)
        judges[shape] = jsonschema.Draft7Validator(schema, resolver=resolver)
    return judges[shape]


faults = 0
for line in sys.stdin:
    shape, _, text = line.rstrip("\n").partition("\t")
    try:
        errors = list(judge_of(shape).iter_errors(json.loads(text)))
    except json.JSONDecodeError as error:
        print(f"no JSON for {shape}: {error}: {text}")
        faults += 1
        continue
    for error in errors:
        print(f"{shape}: {error.json_path}: {error.message}")
    faults += len(errors)
sys.exit(1 if faults else 0)
