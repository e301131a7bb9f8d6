"""Judges whether a local cloud refuses what the services' models rule out.

Takes the endpoint of a local cloud. For each operation that it simulates, and each
parameter whose minimum, maximum, pattern or enumeration the model of botocore tells,
it sends a value that breaks it, and wants the service's refusal of just that. It
also asks for each filter that the models' documentation tells, and for one that
there isn't. Writes a line for each fault and a last line with the figures. Ends with
0 when there is no fault and with 1 otherwise.

A parameter, operation or filter that isn't simulated must be refused by name.
"""

import collections
import html
import importlib
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request


def vendored(name):
    """Imports a module of botocore, which newer AWS CLIs carry within."""
    for package in ("botocore", "awscli.botocore"):
        try:
            return importlib.import_module(package + name)
        except ImportError:
            continue
    sys.exit("botocore is not installed")


serialize = vendored(".serialize")
session = vendored(".session").Session()

# The services: signing name, botocore's name.
SERVICES = (
    ("ec2", "ec2"),
    ("elasticloadbalancing", "elbv2"),
    ("iam", "iam"),
    ("sts", "sts"),
    ("ssm", "ssm"),
    ("servicequotas", "service-quotas"),
    ("acm", "acm"),
    ("route53", "route53"),
    ("kms", "kms"),
)

# Where another check than the model's comes first, or in its place. Each exception is
# a pattern of service, operation and parameter, and says why.
EXCEPTIONS = (
    # There are more instance types than the model of any one day lists, so EC2 says
    # that a type doesn't exist, and only warns of it in a launch template.
    r"ec2 (RunInstances InstanceType|CreateLaunchTemplate LaunchTemplateData\.InstanceType|DescribeInstanceTypes InstanceTypes\[\]|ModifyInstanceAttribute .*): enum",
    # The attribute names were extended beyond the model's two long ago: the API
    # reference lists more.
    r"ec2 DescribeAccountAttributes AttributeNames\[\]: enum",
    # EC2 refuses what isn't shaped like a group's ID, as was verified on AWS.
    r"ec2 DescribeSecurityGroupRules: filter group-id ",
    # A name that no launch template may have is refused by a code of its own, as was
    # verified on AWS, and where one is looked up it isn't found.
    r"ec2 \w*LaunchTemplate\w* LaunchTemplateNames?(\[\])?:",
    # The names of actions are checked as such, and wildcards are welcome.
    r"iam SimulatePrincipalPolicy ",
)

# What a describe operation needs that its model doesn't require.
NEEDED = {"DescribeLaunchTemplateVersions": {"LaunchTemplateVersion.1": "$Latest"}}

# Values to try against patterns.
CANDIDATES = ("", "!", " ", "~~", "é", "\u0001", "\u0400", "no such value", "x" * 3)


class Refusal(Exception):
    def __init__(self, status, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


class Cloud:
    def __init__(self, endpoint):
        self.endpoint, self.calls = endpoint, 0

    def call(self, signing, model, operation, parameters):
        """Sends a call. What is refused becomes a Refusal, anything else is None."""
        self.calls += 1
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{signing}/aws4_request, SignedHeaders=host, Signature=x"}
        if model.metadata["protocol"] == "json":
            headers["X-Amz-Target"] = f"{model.metadata['targetPrefix']}.{operation}"
            headers["Content-Type"] = "application/x-amz-json-1.1"
            body = json.dumps(parameters).encode()
        elif model.metadata["protocol"] == "rest-xml":
            return self.routed(headers, model, operation, parameters)
        else:
            body = urllib.parse.urlencode({"Action": operation, "Version": model.api_version, **parameters}).encode()
        return self.send(urllib.request.Request(self.endpoint, body, headers))

    def routed(self, headers, model, operation, parameters):
        """Sends a call whose method and path name its operation. What must be in the path is."""
        shape = model.operation_model(operation).input_shape
        for name, member in shape.members.items() if shape else ():
            if member.serialization.get("location") == "uri":
                parameters = {name: member.metadata.get("enum", ["x"])[0], **parameters}
        request = serialize.create_serializer("rest-xml", False).serialize_to_request(parameters, model.operation_model(operation))
        query = urllib.parse.urlencode(request["query_string"])
        url = self.endpoint + request["url_path"] + ("?" + query if query else "")
        return self.send(urllib.request.Request(url, request["body"] or None, {**headers, **request["headers"]}, method=request["method"]))

    def send(self, request):
        try:
            with urllib.request.urlopen(request):
                return None
        except urllib.error.HTTPError as e:
            text = e.read().decode()
            if text.startswith("{"):
                document = json.loads(text)
                return Refusal(e.code, document.get("__type"), document.get("message", ""))
            part = lambda name: html.unescape("".join(re.findall(f"<{name}>(.*?)</{name}>", text, re.S)[:1]))
            return Refusal(e.code, part("Code"), part("Message"))


class Judge:
    def __init__(self, cloud):
        self.cloud = cloud
        self.faults, self.figures = [], collections.Counter()
        self.excepted = {e: 0 for e in EXCEPTIONS}

    def fault(self, text):
        for exception in EXCEPTIONS:
            if re.match(exception, text):
                self.excepted[exception] += 1
                return
        self.faults.append(text)

    def service(self, signing, name):
        model = session.get_service_model(name)
        operations = 0
        for operation in model.operation_names:
            shape = model.operation_model(operation).input_shape
            refusal = self.cloud.call(signing, model, operation, {})
            # An operation that isn't there has no name where routes name them.
            if refusal and refusal.status == 501 and re.search(rf"operation ({operation}|[A-Z]+ /\S+) ", refusal.message):
                continue
            if refusal and refusal.status == 501 and "service " in refusal.message:
                return
            operations += 1
            if shape:
                self.members(signing, model, operation, shape, (), set())
            if shape and signing == "ec2" and "Filters" in shape.members:
                self.filters(signing, model, operation, shape.members["Filters"])
        self.figures["operations"] += operations
        if not operations:
            self.faults.append(f"{signing}: no operation is simulated")

    def members(self, signing, model, operation, shape, path, seen):
        if shape.name in seen:
            return
        for name, member in shape.members.items():
            self.value(signing, model, operation, member, path + ((name, member, shape),), seen | {shape.name})

    def value(self, signing, model, operation, shape, path, seen):
        for what, bad, wanted in broken(shape):
            self.breach(signing, model, operation, path, shape, what, bad, wanted)
        if shape.type_name == "structure":
            self.members(signing, model, operation, shape, path, seen)
        elif shape.type_name == "list":
            self.value(signing, model, operation, shape.member, path + (("[]", shape.member, shape),), seen)

    def breach(self, signing, model, operation, path, shape, what, bad, wanted):
        label = "".join(n if n == "[]" else "." + n for n, _, _ in path).lstrip(".")
        where = f"{signing} {operation} {label}: {what}"
        if signing == "ec2":
            parameters = dict(required(model.operation_model(operation).input_shape))
            # Others inside of the same structure may be asked for first.
            for depth, (name, _, parent) in enumerate(path):
                if parent.type_name == "structure" and depth:
                    for n, v in required(parent, serial(path[:depth])):
                        parameters.setdefault(n, v)
            name = serial(path)
            for n in [n for n in parameters if n == name or n.startswith(name + ".")]:
                del parameters[n]
            parameters[name] = bad
        elif model.metadata["protocol"] in ("json", "rest-xml"):
            parameters = bad
            for name, _, _ in reversed(path):
                parameters = [parameters] if name == "[]" else {name: parameters}
        else:
            parameters = {queried(path, bad): "" if bad == [] else bad} if not isinstance(bad, list) or bad == [] else {
                f"{queried(path, bad)}.member.{i + 1}": v for i, v in enumerate(bad)}
        refusal = self.cloud.call(signing, model, operation, parameters)
        # EC2's model doesn't tell all that must be there.
        while refusal and refusal.code == "MissingParameter" and (lacking := refusal.message.split()[-1]) not in parameters:
            parameters[lacking] = "x"
            refusal = self.cloud.call(signing, model, operation, parameters)
        if refusal and refusal.status == 501:
            self.figures["not simulated"] += 1
            return
        self.figures["constraints"] += 1
        if refusal is None:
            self.fault(f"{where}: {str(bad)[:40]!r} is accepted")
            return
        code = {"ec2": "InvalidParameterValue", "route53": "InvalidInput"}.get(signing, "ValidationException" if model.metadata["protocol"] == "json" else "ValidationError")
        at = member(path)
        if signing == "ec2":
            ok = refusal.code == code and at.split(".")[-1].lower() in refusal.message.lower().replace(" ", "")
        else:
            ok = refusal.code == code and f"at '{at}' failed to satisfy constraint" in refusal.message and wanted in refusal.message
            ok = ok or refusal.code == code and what == "pattern" and f"The specified value for {at} is invalid" in refusal.message
        if not ok:
            self.fault(f"{where}: {str(bad)[:40]!r} gets {str(refusal)[:300]}; want {code} about {at}: {wanted[:80]}")

    def filters(self, signing, model, operation, shape):
        # Of tag:<key> the expression sees but the beginning.
        names = [n.strip().rstrip(":") for n in re.findall(r"<li>\s*<p>\s*<code>([^<]+)", shape.documentation)]
        base = {**dict(required(model.operation_model(operation).input_shape)), **NEEDED.get(operation, {})}
        for name in [n for n in names if n != "tag"] + ["no-such-filter"]:
            refusal = self.cloud.call(signing, model, operation, {**base, "Filter.1.Name": name, "Filter.1.Value.1": "x"})
            if name == "no-such-filter":
                if refusal is None or refusal.code != "InvalidParameterValue" or name not in refusal.message:
                    self.fault(f"{signing} {operation}: filter {name} gets {refusal}")
            elif refusal is None:
                self.figures["filters"] += 1
            elif refusal.status == 501 and f"filter {name} " in refusal.message:
                self.figures["filters not simulated"] += 1
            else:
                self.fault(f"{signing} {operation}: filter {name} gets {refusal}")


def broken(shape):
    """The values that break each of a shape's constraints, and what to say of them."""
    metadata, kind = shape.metadata, shape.type_name
    number = kind in ("integer", "long")
    noun = "value" if number else "length"
    if kind not in ("string", "integer", "long", "list"):
        return
    if "min" in metadata and (number or metadata["min"] > 0):
        least = metadata["min"]
        short = least - 1
        bad = short if number else "a" * short if kind == "string" else ["aaaa"] * short
        yield "min", bad, f"Member must have {noun} greater than or equal to {least}"
    if "max" in metadata:
        most = metadata["max"]
        bad = most + 1 if number else "a" * (most + 1) if kind == "string" else ["aaaa"] * (most + 1)
        if kind != "list" or shape.member.type_name == "string":
            yield "max", bad, f"Member must have {noun} less than or equal to {most}"
    if "enum" in metadata:
        yield "enum", "no-such-value", "Member must satisfy enum value set: ["
    if "pattern" in metadata:
        try:
            readable = re.sub(r"\\p\{[LZN]\}", r"a-z ", metadata["pattern"])
            expression = re.compile(readable)
        except re.error:
            return
        low, high = metadata.get("min", 0), metadata.get("max", 1 << 30)
        for candidate in CANDIDATES:
            if low <= len(candidate) <= high and not expression.fullmatch(candidate):
                yield "pattern", candidate, "Member must satisfy regular expression pattern: " + metadata["pattern"]
                return


def required(shape, prefix=""):
    """Placeholders for what a structure must have, as EC2 calls it."""
    for name in shape.required_members if shape else ():
        member = shape.members[name]
        serialized = named(name, member)
        full = prefix + "." + serialized if prefix else serialized
        if member.type_name == "structure":
            yield from required(member, full)
        elif member.type_name == "list" and member.member.type_name == "structure":
            yield from required(member.member, full + ".1")
        elif member.type_name == "list":
            yield full + ".1", "x"
        elif member.type_name in ("integer", "long"):
            yield full, max(1, member.metadata.get("min", 1))
        elif member.type_name == "boolean":
            yield full, "true"
        else:
            yield full, member.metadata.get("enum", ["x"])[0]


def named(name, shape):
    """What EC2 calls a member on the wire."""
    serialization = shape.serialization
    if "queryName" in serialization:
        return serialization["queryName"]
    name = serialization.get("name", name)
    return name[0].upper() + name[1:]


def serial(path):
    return ".".join("1" if name == "[]" else named(name, shape) for name, shape, _ in path)


def queried(path, bad):
    return ".".join("member.1" if name == "[]" else name for name, _, _ in path)


def member(path):
    """Where refusals say that it is. A list of texts is refused as one."""
    if path[-1][0] == "[]":
        path = path[:-1]
    text = ""
    for name, _, _ in path:
        text += ".1.member" if name == "[]" else "." + name[0].lower() + name[1:]
    return text.lstrip(".")


def main(endpoint):
    judge = Judge(Cloud(endpoint))
    for signing, name in SERVICES:
        judge.service(signing, name)
    for exception, times in judge.excepted.items():
        if not times:
            judge.faults.append(f"the exception {exception} is never needed")
    for fault in judge.faults:
        print(fault)
    print(f"{judge.cloud.calls} calls; " + ", ".join(f"{count} {what}" for what, count in sorted(judge.figures.items())) + f"; {len(judge.faults)} faults")
    return 1 if judge.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
