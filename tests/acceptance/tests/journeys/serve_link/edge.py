"""Accepts or refuses a signed URL as CloudFront's documentation says that an edge does. The package
`cryptography` (OpenSSL) verifies the signature with the public keys of a key group.

Usage: edge.py GROUP ADDRESS NOW URL. GROUP is a JSON object of key ids and private keys in PEM, of which
only the public halves are used. Prints the URL that the edge requests from the origin. If the edge refuses
the URL, prints the reason and exits with 1.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html"""

import base64
import ipaddress
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

group, address, now, url = sys.argv[1:]
OWN = ("Expires", "Policy", "Signature", "Key-Pair-Id")


def refuse(why):
    sys.exit(f"403: {why}")


def decoded(text):
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))


base, _, query = url.partition("?")
pairs = [pair.split("=", 1) for pair in query.split("&") if pair]
signed = {name: value for name, value in pairs if name in OWN}
rest = "&".join(f"{name}={value}" for name, value in pairs if name not in OWN)
origin = f"{base}?{rest}" if rest else base
if not {"Signature", "Key-Pair-Id"} <= set(signed) or ("Expires" in signed) == ("Policy" in signed):
    refuse("MissingKey")
if signed["Key-Pair-Id"] not in json.loads(group):
    refuse("no such key in the group")
if "Expires" in signed:
    policy = '{"Statement":[{"Resource":"%s","Condition":{"DateLessThan":{"AWS:EpochTime":%s}}}]}' % (
        origin,
        signed["Expires"],
    )
else:
    policy = decoded(signed["Policy"]).decode()
key = serialization.load_pem_private_key(json.loads(group)[signed["Key-Pair-Id"]].encode(), None).public_key()
try:
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(decoded(signed["Signature"]), policy.encode(), ec.ECDSA(hashes.SHA1()))
    else:
        key.verify(decoded(signed["Signature"]), policy.encode(), padding.PKCS1v15(), hashes.SHA1())
except (InvalidSignature, ValueError):
    refuse("signature")
(statement,) = json.loads(policy)["Statement"]
condition = statement["Condition"]
if statement["Resource"] != origin:
    refuse("resource")
if int(now) >= condition["DateLessThan"]["AWS:EpochTime"]:
    refuse("expired")
if "IpAddress" in condition:
    network = ipaddress.ip_network(condition["IpAddress"]["AWS:SourceIp"])
    if ipaddress.ip_address(address) not in network:
        refuse("address")
print(origin)
