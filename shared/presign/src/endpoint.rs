//! The endpoint of a bucket.

/// The name of a bucket, its region, and the URL at which S3 serves it.
///
/// ```
/// use s3_presigned::BucketEndpoint;
///
/// let bucket = BucketEndpoint::regional("my-bucket", "eu-central-1");
/// assert_eq!(bucket.url, "https://my-bucket.s3.eu-central-1.amazonaws.com/");
///
/// let accelerated = bucket.with_url("https://my-bucket.s3-accelerate.amazonaws.com");
/// assert_eq!(accelerated.url, "https://my-bucket.s3-accelerate.amazonaws.com/");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BucketEndpoint {
    /// The bucket's name.
    pub bucket: String,
    /// The bucket's region, such as `eu-central-1`; part of every signature.
    pub region: String,
    /// The URL of the bucket, to which forms are posted; ends in a slash.
    pub url: String,
}

impl BucketEndpoint {
    /// Makes the bucket's endpoint in its region.
    ///
    /// The global endpoint is not used: for a bucket of another region it answers 307, and browsers do not follow
    /// a redirect of a CORS preflight request.
    ///
    /// The bucket's name is in the host, or in the path if the name has a dot: S3's certificate does not cover a
    /// host name with further dots. Regions of China (`cn-`) and of the European Sovereign Cloud (`eusc-`) have
    /// domains of their own. For other partitions and for dual-stack, FIPS and accelerate endpoints use
    /// [`with_url`](Self::with_url).
    pub fn regional(bucket: impl Into<String>, region: impl Into<String>) -> Self {
        let (bucket, region) = (bucket.into(), region.into());
        let domain = domain(&region);
        let url = match bucket.contains('.') {
            true => format!("https://s3.{region}.{domain}/{bucket}/"),
            false => format!("https://{bucket}.s3.{region}.{domain}/"),
        };
        Self { bucket, region, url }
    }

    /// Makes the endpoint of a bucket on another S3 server, such as `http://127.0.0.1:9000`. The bucket's name is in
    /// the path.
    pub fn at(endpoint_url: &str, bucket: impl Into<String>, region: impl Into<String>) -> Self {
        let bucket = bucket.into();
        let url = format!("{}/{bucket}/", endpoint_url.trim_end_matches('/'));
        Self { bucket, region: region.into(), url }
    }

    /// Replaces the bucket's URL, for example with that of a dual-stack, FIPS or accelerate endpoint. A slash at the
    /// end is added if it is missing.
    #[must_use]
    pub fn with_url(mut self, url: &str) -> Self {
        self.url = format!("{}/", url.trim_end_matches('/'));
        self
    }
}

/// The domain of the partition that a region belongs to
/// ([AWS](https://docs.aws.amazon.com/general/latest/gr/s3.html)).
fn domain(region: &str) -> &'static str {
    match region.split_once('-') {
        Some(("cn", _)) => "amazonaws.com.cn",
        Some(("eusc", _)) => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_an_endpoint_in_its_region() {
        for (bucket, region, url) in [
            ("files", "eu-central-1", "https://files.s3.eu-central-1.amazonaws.com/"),
            ("files", "cn-north-1", "https://files.s3.cn-north-1.amazonaws.com.cn/"),
            ("files", "eusc-de-east-1", "https://files.s3.eusc-de-east-1.amazonaws.eu/"),
            ("my.files", "eu-central-1", "https://s3.eu-central-1.amazonaws.com/my.files/"),
        ] {
            let endpoint = BucketEndpoint::regional(bucket, region);
            assert_eq!((&*endpoint.bucket, &*endpoint.region, &*endpoint.url), (bucket, region, url));
        }
    }

    #[test]
    fn another_server_or_url_may_serve_a_bucket() {
        let local = BucketEndpoint::at("http://127.0.0.1:9000/", "files", "eu-central-1");
        assert_eq!(local.url, "http://127.0.0.1:9000/files/");
        assert_eq!((&*local.bucket, &*local.region), ("files", "eu-central-1"));
        for url in ["https://files.s3-accelerate.amazonaws.com", "https://files.s3-accelerate.amazonaws.com/"]
        {
            let endpoint = local.clone().with_url(url);
            assert_eq!(endpoint.url, "https://files.s3-accelerate.amazonaws.com/");
            assert_eq!(endpoint.bucket, "files");
        }
    }
}
