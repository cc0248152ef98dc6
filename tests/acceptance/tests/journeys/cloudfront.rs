//! Compares Postern's signatures for CloudFront with other implementations: with botocore for RSA, and with
//! OpenSSL (through Python's package `cryptography`) for ECDSA.

use std::process::Command;

use s3_presigned::Timestamp;
use s3_presigned::cloudfront::{CloudFrontKey, CustomPolicy};

const RSA: &str = include_str!("../../../../shared/presign/src/cloudfront/rsa.test.pem");
const P256: &str = include_str!("../../../../shared/presign/src/cloudfront/p256.test.pem");
const URL: &str = "https://d111111abcdef8.cloudfront.net/uploads/x?versionId=v%2F1%2B&response-content-disposition=attachment%3B%20filename%3D%22a.txt%22";
const ENDS_S: u64 = 1_795_514_460;

/// Prints botocore's URLs for a canned and for a custom policy.
const BOTOCORE: &str = r"
import datetime, sys
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
pem, url, ends, starts, network = sys.argv[1:]
key = serialization.load_pem_private_key(pem.encode(), None)
signer = CloudFrontSigner('K2JCJMDEHXQW5F', lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA1()))
at = lambda text: datetime.datetime.fromtimestamp(int(text), datetime.timezone.utc)
print(signer.generate_presigned_url(url, date_less_than=at(ends)))
policy = signer.build_policy(url, at(ends), date_greater_than=at(starts), ip_address=network)
print(signer.generate_presigned_url(url, policy=policy))
";

/// Verifies an ECDSA signature of the canned policy.
const VERIFY: &str = r#"
import base64, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
pem, url, ends, signed = sys.argv[1:]
key = serialization.load_pem_private_key(pem.encode(), None).public_key()
signature = signed.split("&Signature=")[1].split("&")[0].translate(str.maketrans("-_~", "+=/"))
policy = '{"Statement":[{"Resource":"%s","Condition":{"DateLessThan":{"AWS:EpochTime":%s}}}]}' % (url, ends)
key.verify(base64.b64decode(signature), policy.encode(), ec.ECDSA(hashes.SHA1()))
"#;

fn python(script: &str, arguments: &[&str]) -> String {
    let python = stack::python().unwrap();
    let output = Command::new(python).args(["-c", script]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn rsa_urls_are_those_of_botocore() {
    let key = CloudFrontKey::from_pem("K2JCJMDEHXQW5F", RSA).unwrap();
    let (ends, starts) = (Timestamp::from_epoch_s(ENDS_S), Timestamp::from_epoch_s(ENDS_S - 60));
    let arguments = [RSA, URL, &ENDS_S.to_string(), &(ENDS_S - 60).to_string(), "192.0.2.0/24"];
    let theirs = python(BOTOCORE, &arguments);
    let custom = CustomPolicy::new(ends).starts_at(starts).source_ip("192.0.2.0/24");
    let ours = [key.sign(URL, ends).unwrap(), key.sign_custom(URL, &custom).unwrap()];
    assert_eq!(
        theirs.lines().collect::<Vec<_>>(),
        ours.each_ref().map(s3_presigned::cloudfront::SignedUrl::as_str)
    );
}

#[test]
fn ecdsa_signatures_verify_elsewhere() {
    let key = CloudFrontKey::from_pem("K2JCJMDEHXQW5F", P256).unwrap();
    let signed = key.sign(URL, Timestamp::from_epoch_s(ENDS_S)).unwrap();
    python(VERIFY, &[P256, URL, &ENDS_S.to_string(), signed.as_str()]);
}
