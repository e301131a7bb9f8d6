"""Judges recorded exchanges with AWS's APIs by botocore's service models.

Reads the recordings in a directory, files PROGRAM-*.jsonl with one exchange a
line: service (signing name), operation, agent, request, status (0 without a
reply), reply (bodies as text), and label (what to call it instead of service
and operation, optional). Writes one JSON document: the faults with how often
they came, and the figures.

The tool's requests must keep to the models, and so must what the local cloud
does: a request of somebody else may break them, but not be accepted then. Every
reply must keep to them. Exchanges that differ in nothing but identifiers, tokens
and times are judged once.
"""

import base64
import binascii
import collections
import hashlib
import json
import pathlib
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

from models import MODELS, protocol_of, vendored

parsers = vendored(".parsers")
validate = vendored(".validate")
OperationNotFoundError = vendored(".model").OperationNotFoundError
session = vendored(".session").Session()


# The tool's name in its user agent.
AGENT = " platformctl"

# Constraints that botocore itself doesn't check but the services do. Some
# patterns of the models are Java's; those that Python can't read are counted.
unreadable = set()


# Where the services don't keep to their own models. Each exception is a pattern
# of faults, and why AWS itself would commit them.
EXCEPTIONS = (
    # An image that a person names is asked for before anything is made, and
    # the local cloud may lack it: the tool takes that for its answer.
    r"^ec2 DescribeImages: request: what the tool asks for is not simulated",
    # The user guide, every AWS CLI example and Terraform's provider have an
    # attached internet gateway as "available"; the model has the states of
    # network interfaces.
    r"InternetGateways\.Attachments\.State\. is 'available'",
    # EC2 sends the states of endpoints in lower case, as the API reference's
    # examples show; the model capitalises them.
    r"VpcEndpoints?\.State\. is '(pending|available|deleting|deleted)'",
    # The list's maximum is meant for what one call may change. There are more
    # attributes than that by now, and Describe and Modify answer with them all.
    r"LoadBalancerAttributes: reply: Attributes\. has \d+ elements, allowed are None to 20",
    # The API reference's example answers that a new interface is pending; the
    # model has only the states that come after.
    r"CreateNetworkInterface: reply: NetworkInterface\.Status\. is 'pending'",
    # The list's minimum is meant for what AddTags is given. What has no tags is
    # described with an empty list.
    r"elasticloadbalancing DescribeTags: reply: TagDescriptions\.Tags\. has 0 elements",
    r"route53 ListTagsForResources?: reply: ResourceTagSets?\.Tags\. has 0 elements",
    r"acm ListTagsForCertificate: reply: Tags\. has 0 elements",
    # The API reference lists nat_gateway in its text, and answers so; the model's
    # list alone has natGateway.
    r"DescribeNetworkInterfaces: reply: NetworkInterfaces\.InterfaceType\. is 'nat_gateway'",
    # The model demands the marker also where none was given; replies that others recorded have none.
    r"route53 ListHostedZones: reply: Marker is required",
    # IAM's examples and what others recorded of it have "Policy"; the model alone has another word.
    r"Role\.PermissionsBoundary\.PermissionsBoundaryType\. is 'Policy'",
    # SSM says no more than the code of this one.
    r"ssm GetParameter: refusal without code or message: .*'Code': 'ParameterNotFound'",
    r"ssm GetCommandInvocation: refusal without code or message: .*'Code': 'InvocationDoesNotExist'",
    # The API reference's examples have milliseconds and elapsed times such as
    # PT0.091S, and nothing before the execution begins; the pattern allows neither.
    r"ssm GetCommandInvocation: reply: Execution(Start|End)DateTime\. is '([0-9-]+T[0-9:.]+Z)?'",
    r"ssm GetCommandInvocation: reply: ExecutionElapsedTime\. is '(PT[0-9HM.]+S)?'",
    # What others recorded of CloudWatch says no more than the code of this one.
    r"monitoring SetAlarmState: refusal without code or message: .*'Code': 'ResourceNotFound'",
    # Nor does KMS of an alias that is AWS's own to make.
    r"kms CreateAlias: refusal without code or message: .*'Code': 'NotAuthorizedException'",
    # EC2 takes a type that it doesn't know into a launch template, and warns.
    r"ec2 CreateLaunchTemplate: request: LaunchTemplateData\.InstanceType\. is 't3\.moon'",
    # Those who follow the links in messages of SNS sign nothing, and so name no service.
    r"^ (ConfirmSubscription|Unsubscribe): a request for no service or operation",
    # What others recorded of ACM has a hyphen where the model has an underscore.
    r"acm (DescribeCertificate|ListCertificates): reply: .*KeyAlgorithm\. is '(RSA|EC)-\w+'",
)


class Fault(Exception):
    """What makes it senseless to go on with an exchange."""


class Judge:
    def __init__(self, exchange, model, faults):
        self.exchange, self.model, self.faults = exchange, model, faults
        self.where = name_of(exchange)
        self.protocol = protocol_of(model, exchange["request"])
        try:
            self.operation = model.operation_model(exchange["operation"])
        except OperationNotFoundError:
            raise Fault(f"{self.where}: the model has no such operation")

    def fault(self, text):
        self.faults[f"{self.where}: {text}"] += 1

    # --- requests

    def request(self):
        shape = self.operation.input_shape
        if self.protocol == "json":
            values = json.loads(self.exchange["request"] or "{}")
            self.strangers_in_json("request", values, shape)
        elif self.protocol == "rest-xml":
            values = self.routed(shape)
        else:
            form = urllib.parse.parse_qsl(
                self.exchange["request"], keep_blank_values=True, strict_parsing=True
            )
            names = [name for name, _ in form]
            if len(names) != len(set(names)):
                self.fault(f"request: parameters twice: {sorted(names)}")
            form = dict(form)
            form.pop("Action")
            if form.pop("Version", None) != self.model.api_version:
                self.fault(f"request: Version is not {self.model.api_version}")
            values = self.structure(tree(form), shape, "") if shape else {}
        if shape:
            report = validate.ParamValidator().validate(values, shape)
            if report.has_errors():
                self.fault("request: " + report.generate_report())
            self.constraints("request", values, shape, "")

    def routed(self, shape):
        """The parameters of a request whose method and path name its operation."""
        path, _, query = self.exchange["target"].partition("?")
        route, _, fixed = self.operation.http["requestUri"].partition("?")
        if self.exchange["method"] != self.operation.http["method"]:
            self.fault(f"request: the method is {self.exchange['method']}")
        expression = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.rstrip("/")))
        found = re.fullmatch(expression + "/?", path)
        if not found:
            self.fault(f"request: the path is {path}")
        query = urllib.parse.parse_qsl(query, keep_blank_values=True)
        names = [name for name, _ in query]
        if len(names) != len(set(names)):
            self.fault(f"request: parameters twice: {sorted(names)}")
        located = {
            "uri": {n: urllib.parse.unquote(v) for n, v in found.groupdict().items()} if found else {},
            "querystring": {n: v for n, v in query if n not in ("x-id", fixed)},
        }
        values, inside = {}, dict(shape.members) if shape else {}
        for key, member in list(inside.items()):
            where, name = member.serialization.get("location"), member.serialization.get("name", key)
            if where:
                inside.pop(key)
                if name in located.get(where, {}):
                    values[key] = self.scalar(located[where].pop(name), member.type_name, name)
        for name in located["querystring"]:
            self.fault(f"request: unknown parameter {name}")
        if self.exchange["request"]:
            root = ElementTree.fromstring(self.exchange["request"])
            want = f"{{{self.namespace()}}}{shape.serialization.get('name', shape.name)}"
            if root.tag != want:
                self.fault(f"request: the root is {root.tag}, want {want}")
            values |= self.elements(root, inside, "")
        return values

    def elements(self, node, members, path):
        """The members of a structure that is an element."""
        wire = {m.serialization.get("name", key): key for key, m in members.items()}
        values = {}
        for child in node:
            name = local(child)
            if name not in wire:
                self.fault(f"request: unknown parameter {path}{name}")
            elif wire[name] in values:
                self.fault(f"request: {path}{name} is there twice")
            else:
                values[wire[name]] = self.element(child, members[wire[name]], f"{path}{name}.")
        return values

    def element(self, node, shape, path):
        if shape.type_name == "structure":
            return self.elements(node, shape.members, path)
        if shape.type_name == "list":
            name = shape.member.serialization.get("name", "member")
            for child in node:
                if local(child) != name:
                    self.fault(f"request: {path} has the element {local(child)}, want {name}")
            return [self.element(child, shape.member, path) for child in node]
        return self.scalar(node.text or "", shape.type_name, path)

    def structure(self, node, shape, path):
        wire = {self.name(member, key): key for key, member in shape.members.items()}
        values = {}
        for name, child in node.items():
            if name not in wire:
                self.fault(f"request: unknown parameter {path}{name}")
                continue
            member = shape.members[wire[name]]
            values[wire[name]] = self.value(child, member, f"{path}{name}.")
        return values

    def name(self, shape, key):
        serialization = shape.serialization
        if self.protocol != "ec2":
            return serialization.get("name", key)
        if "queryName" in serialization:
            return serialization["queryName"]
        name = serialization.get("name", key)
        return name[:1].upper() + name[1:]

    def value(self, node, shape, path):
        kind = shape.type_name
        if kind in ("structure", "list", "map"):
            if not isinstance(node, dict):
                if kind == "list" and node == "":
                    return []
                self.fault(f"request: {path} is a {kind}, and has the value {node!r}")
                return {} if kind != "list" else []
            if kind == "structure":
                return self.structure(node, shape, path)
            if kind == "list":
                return self.list(node, shape, path)
            return self.map(node, shape, path)
        if isinstance(node, dict):
            self.fault(f"request: {path} is a {kind}, and has members {sorted(node)}")
            return ""
        return self.scalar(node, kind, path)

    def list(self, node, shape, path):
        # EC2's lists are all flat.
        if self.protocol != "ec2" and not shape.serialization.get("flattened"):
            member = shape.member.serialization.get("name", "member")
            if set(node) != {member}:
                self.fault(f"request: {path} is a list, and has members {sorted(node)}")
                return []
            node = node[member]
            if node == "":
                return []
        numbers = sorted(node, key=lambda n: int(n) if n.isdigit() else -1)
        if numbers != [str(i + 1) for i in range(len(numbers))]:
            self.fault(f"request: {path} is numbered {numbers}")
        return [self.value(node[n], shape.member, f"{path}{n}.") for n in numbers]

    def map(self, node, shape, path):
        """A map is numbered entries, each of a key and a value."""
        if set(node) != {"entry"} or not isinstance(node["entry"], dict):
            self.fault(f"request: {path} is a map, and has members {sorted(node)}")
            return {}
        entries = node["entry"]
        if sorted(entries) != sorted(str(i + 1) for i in range(len(entries))):
            self.fault(f"request: {path} is numbered {sorted(entries)}")
        names = [s.serialization.get("name", name) for s, name in ((shape.key, "key"), (shape.value, "value"))]
        values = {}
        for number, entry in entries.items():
            if not isinstance(entry, dict) or set(entry) != set(names):
                self.fault(f"request: {path}{number} is an entry of a map, and has {entry!r}")
                continue
            values[entry[names[0]]] = self.value(entry[names[1]], shape.value, f"{path}{number}.")
        return values

    def scalar(self, text, kind, path):
        try:
            if kind in ("integer", "long"):
                return int(text)
            if kind in ("float", "double"):
                return float(text)
            if kind == "boolean":
                return {"true": True, "false": False}[text]
            if kind == "blob":
                return base64.b64decode(text, validate=True)
        except (ValueError, KeyError, binascii.Error):
            self.fault(f"request: {path} is a {kind}, and has the value {text!r}")
        return text

    # --- replies

    def reply(self):
        status, body = self.exchange["status"], self.exchange["reply"]
        response = {"status_code": status, "headers": {}, "body": body.encode()}
        parser = parsers.create_parser(self.protocol)
        parsed = parser.parse(response, self.operation.output_shape)
        if status >= 300:
            self.refusal(parsed)
            return
        shape = self.operation.output_shape
        if self.protocol == "json":
            self.strangers_in_json("reply", json.loads(body), shape)
        else:
            self.xml(ElementTree.fromstring(body), shape)
        if shape:
            parsed.pop("ResponseMetadata", None)
            for key, member in shape.members.items():
                if member.serialization.get("location"):
                    parsed[key] = "" # headers aren't recorded
            self.constraints("reply", parsed, shape, "")

    def refusal(self, parsed):
        error = parsed.get("Error", {})
        if not error.get("Code") or not error.get("Message"):
            self.fault(f"refusal without code or message: {parsed}")
        if self.protocol != "json":
            root = ElementTree.fromstring(self.exchange["reply"])
            want = "Response" if self.protocol == "ec2" else "ErrorResponse"
            if local(root) != want:
                self.fault(f"refusal in the envelope {local(root)}, want {want}")
            if not parsed.get("ResponseMetadata", {}).get("RequestId"):
                self.fault("refusal without request ID")

    def xml(self, root, shape):
        name = self.operation.name
        want = f"{{{self.namespace()}}}{name}Response"
        if root.tag != want:
            self.fault(f"reply: the root is {root.tag}, want {want}")
        children = list(root)
        if self.protocol == "ec2":
            ids = [c for c in children if local(c) == "requestId"]
            rest = [c for c in children if local(c) != "requestId"]
        elif self.protocol == "rest-xml":
            ids, rest = [None], children # a header has the request's ID
        else:
            ids = [c for c in children if local(c) == "ResponseMetadata"]
            rest = [c for c in children if local(c) != "ResponseMetadata"]
            wrapper = shape.serialization.get("resultWrapper") if shape else None
            if wrapper:
                if [local(c) for c in rest] != [wrapper]:
                    self.fault(f"reply: {[local(c) for c in rest]}, want {wrapper}")
                rest = [c for r in rest for c in r]
        if len(ids) != 1:
            self.fault(f"reply: {len(ids)} request IDs")
        if shape is None:
            # EC2 answers calls without a result with <return>true</return>.
            rest = [c for c in rest if local(c) != "return"]
            if rest:
                self.fault(f"reply: {[local(c) for c in rest]} where nothing is due")
            return
        self.known(rest, shape, "")

    def namespace(self):
        if self.protocol == "ec2":
            return f"http://ec2.amazonaws.com/doc/{self.model.api_version}/"
        if self.protocol == "rest-xml":
            return f"https://{self.model.metadata['endpointPrefix']}.amazonaws.com/doc/{self.model.api_version}/"
        return self.model.metadata["xmlNamespace"]

    def known(self, elements, shape, path):
        """Faults for elements of a structure that the model doesn't have."""
        members = {
            m.serialization.get("name", key): m for key, m in shape.members.items()
        }
        for name, count in collections.Counter(map(local, elements)).items():
            if name not in members:
                if not path and name == "return" and self.protocol == "ec2":
                    continue
                self.fault(f"reply: unknown element {path}{name}")
            elif count > 1 and not members[name].serialization.get("flattened"):
                self.fault(f"reply: {path}{name} is there {count} times")
        for element in elements:
            member = members.get(local(element))
            if member is not None:
                self.content(element, member, f"{path}{local(element)}.")

    def content(self, element, shape, path):
        kind, children = shape.type_name, list(element)
        if kind not in ("structure", "list", "map") and children:
            self.fault(f"reply: {path} is a {kind}, and has {[local(c) for c in children]}")
        elif kind == "structure":
            self.known(children, shape, path)
        elif kind == "list":
            name = shape.member.serialization.get("name", "member")
            for child in children:
                if local(child) != name:
                    self.fault(f"reply: {path} has the element {local(child)}, want {name}")
                else:
                    self.content(child, shape.member, f"{path}{name}.")
        elif kind == "map":
            names = [s.serialization.get("name", name) for s, name in ((shape.key, "key"), (shape.value, "value"))]
            for child in children:
                if local(child) != "entry" or [local(c) for c in child] != names:
                    self.fault(f"reply: {path} is a map, and has {local(child)} of {[local(c) for c in child]}")
        elif kind == "boolean" and element.text not in ("true", "false"):
            self.fault(f"reply: {path} is a boolean, and has the value {element.text!r}")

    # --- both

    def strangers_in_json(self, what, values, shape, path=""):
        if shape is None or shape.type_name == "map":
            return
        if shape.type_name == "list":
            for value in values:
                self.strangers_in_json(what, value, shape.member, path)
        elif shape.type_name == "structure":
            for key, value in values.items():
                if key not in shape.members:
                    self.fault(f"{what}: unknown member {path}{key}")
                else:
                    self.strangers_in_json(what, value, shape.members[key], f"{path}{key}.")

    def constraints(self, what, value, shape, path):
        """Faults for values that break what the model says of their shape."""
        kind = shape.type_name
        if kind == "structure":
            for key in shape.required_members:
                if key not in value:
                    self.fault(f"{what}: {path}{key} is required")
            for key, member in value.items():
                if key in shape.members:
                    self.constraints(what, member, shape.members[key], f"{path}{key}.")
            return
        rules = shape.metadata
        if kind == "list":
            self.range(what, len(value), rules, path, "elements")
            for member in value:
                self.constraints(what, member, shape.member, path)
        elif kind == "map":
            for key, member in value.items():
                self.constraints(what, key, shape.key, path)
                self.constraints(what, member, shape.value, path)
        elif kind in ("integer", "long", "float", "double"):
            self.range(what, value, rules, path, "")
        elif kind == "string" and isinstance(value, str):
            self.range(what, len(value), rules, path, "characters")
            if rules.get("enum") and value not in rules["enum"]:
                self.fault(f"{what}: {path} is {value!r}, which is none of {rules['enum'][:20]}")
            self.pattern(what, value, rules.get("pattern"), path)

    def range(self, what, number, rules, path, unit):
        low, high = rules.get("min"), rules.get("max")
        if low is not None and number < low or high is not None and number > high:
            self.fault(f"{what}: {path} has {number} {unit}, allowed are {low} to {high}")

    def pattern(self, what, value, pattern, path):
        if not pattern:
            return
        try:
            matches = re.fullmatch(java(pattern), value)
        except re.error:
            unreadable.add(pattern)
            return
        if not matches:
            self.fault(f"{what}: {path} is {value!r}, which {pattern!r} doesn't match")


class Storage(Judge):
    """S3's REST-XML: a bucket is the path's first part, a document is called as the member that it is, and lists are flat. Bodies that
    are objects, and headers, aren't recorded."""

    def namespace(self):
        return "http://s3.amazonaws.com/doc/2006-03-01/"

    def routed(self, shape):
        path, _, query = self.exchange["target"].partition("?")
        if self.exchange["method"] != self.operation.http["method"]:
            self.fault(f"request: the method is {self.exchange['method']}")
        _, _, fixed = self.operation.http["requestUri"].partition("?")
        fixed = {f.partition("=")[0] for f in fixed.split("&")}
        bucket, _, key = path.removeprefix("/").partition("/")
        located = {"Bucket": bucket, "Key": urllib.parse.unquote(key)}
        values = {n: located[n] for n in ("Bucket", "Key") if shape and n in shape.members and located[n]}
        names = {m.serialization["name"]: k for k, m in shape.members.items() if m.serialization.get("location") == "querystring"} if shape else {}
        for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
            if name in names:
                values[names[name]] = self.scalar(value, shape.members[names[name]].type_name, name)
            elif name not in fixed and name != "x-id":
                self.fault(f"request: unknown parameter {name}")
        payload = shape.serialization.get("payload") if shape else None
        member = shape.members[payload] if payload else None
        if member is None or not self.exchange["request"]:
            return values
        if member.type_name != "structure":
            if member.type_name == "string":
                values[payload] = self.exchange["request"]
            return values
        root = ElementTree.fromstring(self.exchange["request"])
        want = f"{{{self.namespace()}}}{member.serialization.get('name', payload)}"
        if root.tag != want:
            self.fault(f"request: the root is {root.tag}, want {want}")
        values[payload] = self.elements(root, member.members, "")
        return values

    def elements(self, node, members, path):
        wire = {m.serialization.get("name", key): key for key, m in members.items()}
        values = {}
        for child in node:
            name = local(child)
            if name not in wire:
                self.fault(f"request: unknown parameter {path}{name}")
                continue
            key, shape = wire[name], members[wire[name]]
            if shape.type_name == "list" and shape.serialization.get("flattened"):
                values.setdefault(key, []).append(self.element(child, shape.member, f"{path}{name}."))
            elif key in values:
                self.fault(f"request: {path}{name} is there twice")
            else:
                values[key] = self.element(child, shape, f"{path}{name}.")
        return values

    def reply(self):
        status, body, shape = self.exchange["status"], self.exchange["reply"], self.operation.output_shape
        if status >= 300:
            # The reply to a HEAD has no body, and that to a condition says nothing but that it doesn't hold.
            if self.exchange["method"] == "HEAD" or status == 304:
                return
            root = ElementTree.fromstring(body)
            names = [local(c) for c in root]  # what a refusal is about may stand between
            if root.tag != "Error" or names[:2] != ["Code", "Message"] or names[-1] != "RequestId" or len(names) > 4 or not all(c.text for c in root):
                self.fault(f"the refusal is {body}")
            return
        payload = shape.serialization.get("payload") if shape else None
        member = shape.members[payload] if payload else shape
        inside = {k: m for k, m in member.members.items() if not m.serialization.get("location")} if member is not None and member.type_name == "structure" else {}
        if payload and member.type_name != "structure":
            return
        if not inside:
            if body:
                self.fault(f"reply: {body!r} where nothing is due")
            return
        root = ElementTree.fromstring(body)
        if not root.tag.startswith("{" + self.namespace() + "}"):
            self.fault(f"reply: the root is {root.tag}")
        self.known(list(root), member, "")
        parsed = parsers.create_parser(self.protocol).parse({"status_code": status, "headers": {}, "body": body.encode()}, shape)
        parsed = parsed.get(payload, {}) if payload else parsed
        self.constraints("reply", {k: v for k, v in parsed.items() if k in inside}, Inside(inside), "")

    def content(self, element, shape, path):
        if shape.type_name == "list" and shape.serialization.get("flattened"):
            shape = shape.member
        super().content(element, shape, path)


class Inside:
    """A structure of some members alone."""

    type_name, required_members, metadata = "structure", (), {}

    def __init__(self, members):
        self.members = members


# Java's names of classes of characters that the models use, where Python has none.
CLASSES = {
    r"\p{L}": r"^\W\d_",
    r"\p{ASCII}": r"\x00-\x7f",
    r"\p{Print}": r"\x20-\x7e",
    r"\p{Alnum}": r"A-Za-z0-9",
}


def java(pattern):
    if pattern.startswith("[" + r"\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}"):
        pattern = r"[\s\S" + pattern[len("[" + r"\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}"):]
    pattern = pattern.replace(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]", r"[\w\s.:/=+\-@]")
    for name, python in CLASSES.items():
        if not python.startswith("^"):
            pattern = pattern.replace(name, python)
    return pattern


def name_of(exchange):
    return exchange.get("label") or f"{exchange['service']} {exchange['operation']}"


def tree(form):
    """The dotted names of a form as nested dictionaries."""
    root = {}
    for name, value in form.items():
        node = root
        *parents, last = name.split(".")
        for part in parents:
            child = node.setdefault(part, {})
            node = child if isinstance(child, dict) else node.__setitem__(part, {}) or node[part]
        node[last] = value
    return root


def local(element):
    return element.tag.rsplit("}", 1)[-1]


# What tells two runs of the same call apart: identifiers, tokens, times. Only what
# is well-formed is taken out; what isn't makes an exchange one of its own.
VARIABLE = re.compile(
    r"(?<=-)[0-9a-f]{17}(?![0-9a-f])"
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|(?<=/)[0-9a-f]{16}(?![0-9a-f])"
    r"|\b20\d\d-\d\d-\d\dT\d\d(?::|%3A)\d\d(?::|%3A)\d\d(?:\.\d+)?Z"
    r"|(?<=ClientToken=)[0-9A-Za-z-]{1,64}(?![^&])"
)


def key_of(exchange, by_tool):
    """The same for exchanges of which judging one is judging all."""
    text = "\0".join(
        str(exchange.get(k, ""))
        for k in ("label", "service", "operation", "status", "target", "request", "reply")
    )
    return by_tool, hashlib.sha1(VARIABLE.sub("*", text).encode()).digest()


def recordings(directory):
    for path in sorted(pathlib.Path(directory).glob("*.jsonl")):
        program = path.name.rsplit("-", 1)[0]
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield program, json.loads(line)


def main(directory):
    models, faults = {}, collections.Counter()
    figures, programs, regions = collections.Counter(), collections.Counter(), set()
    operations, by_tool_operations, seen = set(), set(), set()
    for program, exchange in recordings(directory):
        by_tool = AGENT in exchange["agent"]
        answered = exchange["status"] != 0
        accepted = 0 < exchange["status"] < 300
        service, operation = exchange["service"], exchange["operation"]
        figures["exchanges"] += 1
        figures["by_tool"] += by_tool
        figures["refused"] += answered and not accepted
        programs[program] += 1
        key = key_of(exchange, by_tool)
        if key in seen:
            continue
        seen.add(key)
        if service not in MODELS or not operation:
            if by_tool or accepted:
                faults[f"{name_of(exchange)}: a request for no service or operation"] += 1
            figures["without_model"] += 1
            continue
        if service not in models:
            models[service] = session.get_service_model(MODELS[service])
        try:
            judge = (Storage if service == "s3" else Judge)(exchange, models[service], faults)
        except Fault as fault:
            if by_tool or accepted:
                faults[str(fault)] += 1
            figures["without_model"] += 1
            continue
        operations.add(f"{service} {operation}")
        regions.add(exchange.get("region", ""))
        if by_tool:
            by_tool_operations.add(f"{service} {operation}")
        try:
            if by_tool or accepted:
                figures["requests_judged"] += 1
                judge.request()
            if by_tool and "NotSimulated" in exchange["reply"]:
                judge.fault("request: what the tool asks for is not simulated")
            if answered:
                figures["replies_judged"] += 1
                judge.reply()
        except Exception as error:  # unreadable is a fault, too
            faults[f"{name_of(exchange)}: {type(error).__name__}: {error}"] += 1
    excused = {f: e for f in faults for e in EXCEPTIONS if re.search(e, f)}
    excuses = collections.Counter()
    for fault, exception in excused.items():
        excuses[exception] += faults.pop(fault)
    document = dict(
        figures,
        faults=faults,
        programs=programs,
        operations=sorted(operations),
        by_tool_operations=sorted(by_tool_operations),
        regions=sorted(regions),
        excused=excuses,
        patterns_unreadable=sorted(unreadable),
    )
    json.dump(document, sys.stdout, indent=1)


if __name__ == "__main__":
    main(sys.argv[1])
