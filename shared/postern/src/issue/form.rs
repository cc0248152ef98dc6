//! The form of one upload. Its policy pins every field.

use serde::{Serialize, Serializer};

use crate::issue::redirect::RedirectUrl;
use crate::upload::Upload;
use crate::value::id::UploadId;
use s3_presigned::post_policy::{MAX_POST_BYTES, METADATA_PREFIX, PostForm, PostPolicy, SignPolicyError};
use s3_presigned::{SigningCredentials, Timestamp};

use super::{Owned, Settings};

/// The answer for a client: post `fields`, then the file as the field `file`, to `url`.
#[derive(Debug, Serialize)]
pub struct IssuedForm {
    /// The upload.
    pub upload_id: UploadId,
    /// Always `POST`.
    pub method: &'static str,
    /// Where the form goes.
    pub url: String,
    /// The form's fields, in order.
    #[serde(serialize_with = "as_object")]
    pub fields: PostForm,
    /// When S3 begins to refuse the form: the effective expiry.
    pub expires_at: Timestamp,
    /// The largest file that the form allows.
    pub max_size_bytes: u64,
}

impl IssuedForm {
    /// The fields as clients take them.
    pub fn fields_by_name(&self) -> std::collections::BTreeMap<&str, &str> {
        self.fields.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

/// Signs the form of `upload`, valid until the upload's policy expires. S3 then redirects the browser to
/// `redirect`, or answers 201.
///
/// # Errors
/// See [`SignPolicyError`]: S3 would refuse the form.
pub fn sign_form(
    settings: &Settings,
    credentials: &SigningCredentials,
    now: Timestamp,
    upload: &Owned<Upload>,
    redirect: Option<&RedirectUrl>,
) -> Result<IssuedForm, SignPolicyError> {
    let mut policy = PostPolicy::new(upload.policy_expires_at)
        .field("key", upload.object_key().to_string())
        .field("content-type", upload.content_type.as_str())
        .field("x-amz-server-side-encryption", "aws:kms")
        .field("x-amz-server-side-encryption-aws-kms-key-id", &settings.files_key_arn)
        .size_bytes(upload.min_size_bytes, upload.max_size_bytes.min(MAX_POST_BYTES));
    // S3 answers a redirect in place of a status.
    policy = match redirect {
        Some(url) => policy.field("success_action_redirect", url.as_str()),
        None => policy.field("success_action_status", "201"),
    };
    for (name, value) in &upload.metadata {
        policy = policy.field(format!("{METADATA_PREFIX}{name}"), value);
    }
    if let Some(checksum) = upload.checksum_sha256 {
        policy = policy
            .field("x-amz-checksum-algorithm", "SHA256")
            .field("x-amz-checksum-sha256", checksum.to_string());
    }
    let fields = policy.sign(&settings.endpoint, credentials, now)?;
    Ok(IssuedForm {
        upload_id: upload.upload_id,
        method: "POST",
        url: fields.url.clone(),
        expires_at: fields.expires_at,
        fields,
        max_size_bytes: upload.max_size_bytes.min(MAX_POST_BYTES),
    })
}

fn as_object<S: Serializer>(form: &PostForm, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(form.fields.iter().map(|(name, value)| (name, value)))
}
