"""moto_server, with what platformctl needs of it: the policies that AWS manages, and a root volume of the image's own size.

    python3 conformance/moto_server.py -p 5000

AWS takes the image's own size where RunInstances gives none; moto refuses that. Flags are those of moto_server.
"""
import os

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # before moto is loaded

from moto.ec2.responses.instances import InstanceResponse  # noqa: E402
from moto.server import main  # noqa: E402

validate = InstanceResponse._validate_block_device_mapping


def sized(mapping):
    if "SnapshotId" not in mapping.get("Ebs", {"SnapshotId": ""}):
        mapping["Ebs"].setdefault("VolumeSize", 8)
    validate(mapping)


InstanceResponse._validate_block_device_mapping = staticmethod(sized)
main()
