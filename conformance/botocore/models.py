"""What the programs of this directory share: botocore, and the services that they know."""

import importlib
import sys


def vendored(name):
    """Imports a module of botocore, which newer AWS CLIs carry within."""
    for package in ("botocore", "awscli.botocore"):
        try:
            return importlib.import_module(package + name)
        except ImportError:
            continue
    sys.exit("botocore is not installed")


# The services by signing name.
MODELS = {
    "ec2": "ec2",
    "elasticloadbalancing": "elbv2",
    "iam": "iam",
    "sts": "sts",
    "ssm": "ssm",
    "servicequotas": "service-quotas",
    "acm": "acm",
    "route53": "route53",
    "monitoring": "cloudwatch",
    "autoscaling": "autoscaling",
    "sns": "sns",
    "kms": "kms",
    "s3": "s3",
}


def protocol_of(model, request=""):
    """The protocol in which recordings have a request: CloudWatch's model has three, and recordings have two of them as JSON, the other as a form."""
    if "json" in model.metadata.get("protocols", []):
        return "query" if "query" in model.metadata["protocols"] and request and not request.startswith("{") else "json"
    return model.protocol
