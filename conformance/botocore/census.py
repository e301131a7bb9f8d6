"""Counts what is in recorded replies, by operation.

Reads the recordings in a directory as judge.py does, lets botocore parse the
replies, and writes one JSON document: for each operation, such as
"ec2.DescribeVpcs", the refusals by status and code with how often they came, and
for each path into a reply, such as "Vpcs[].State", how often it was there and how
often what it lies in was.
"""

import collections
import json
import pathlib
import sys

from models import MODELS, protocol_of, vendored

parsers = vendored(".parsers")
session = vendored(".session").Session()


def walk(value, path, fields):
    """Counts the members of a structure, and of those inside of it."""
    for name, inner in value.items():
        where = f"{path}.{name}" if path else name
        fields["there"][where] += 1
        fields["parents"].setdefault(where, path)
        below(inner, where, fields)


def below(value, path, fields):
    if isinstance(value, dict):
        fields["structures"][path] += 1
        walk(value, path, fields)
    elif isinstance(value, list):
        for element in value:
            below(element, path + "[]", fields)


def census(directory):
    operations = collections.defaultdict(lambda: {
        "refusals": collections.Counter(),
        "there": collections.Counter(), "structures": collections.Counter(), "parents": {},
    })
    models = {}
    for file in sorted(pathlib.Path(directory).glob("*.jsonl")):
        for line in file.open(encoding="utf-8"):
            exchange = json.loads(line)
            service, operation = exchange["service"], exchange["operation"]
            if service not in MODELS or not operation or exchange["status"] == 0:
                continue
            if service not in models:
                models[service] = session.get_service_model(MODELS[service])
            model = models[service]
            if operation not in model.operation_names:
                continue
            body = exchange["reply"].encode()
            parser = parsers.create_parser(protocol_of(model, exchange["request"]))
            try:
                reply = parser.parse(
                    {"body": body, "headers": {}, "status_code": exchange["status"]},
                    model.operation_model(operation).output_shape)
            except (parsers.ResponseParserError, KeyError):
                continue # the judge objects to it
            fields = operations[f"{MODELS[service]}.{operation}"]
            if exchange["status"] >= 300:
                fields["refusals"][f"{exchange['status']} {reply['Error'].get('Code')}"] += 1
                continue
            reply.pop("ResponseMetadata", None)
            fields["structures"][""] += 1
            walk(reply, "", fields)
    return {
        name: {
            "refusals": fields["refusals"],
            "fields": {path: [count, fields["structures"][fields["parents"][path]]]
                       for path, count in sorted(fields["there"].items())},
        }
        for name, fields in sorted(operations.items())
    }


if __name__ == "__main__":
    json.dump(census(sys.argv[1]), sys.stdout)
