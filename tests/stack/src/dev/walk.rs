//! The walk: issues an upload, posts the file, waits for the record, makes a link, opens it, revokes it, and
//! checks that the revoked link is refused.
//!
//! The walk uses only what an app and a browser can use: HTTP to the API and to the URLs that the API
//! returns.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use reqwest::{Client, Method, Response, StatusCode, header, multipart};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use sha2::{Digest, Sha256};
use stack::{Coordinates, Steps};

use super::{
    failure::Failure,
    sample::{Sample, hex},
};

const GENERATED_BYTES: u64 = 100 * 1024 * 1024;
const RECORD_TIMEOUT: Duration = Duration::from_secs(60);
const RECORD_POLL: Duration = Duration::from_millis(100);

#[derive(Debug, Deserialize)]
struct Issued {
    upload_id: String,
    url: String,
    fields: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Recorded {
    state: String,
    #[serde(flatten)]
    more: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Linked {
    link_id: String,
    url: String,
}

/// One walk, as one user of the API.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    stack: &'a Coordinates,
    steps: &'a Steps,
    client: Client,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(stack: &'a Coordinates, steps: &'a Steps) -> Self {
        Self { stack, steps, client: stack::http() }
    }

    /// Does all steps with both files.
    pub(crate) async fn through_the_whole_path(&self) -> Result<(), Failure> {
        let step = "read LICENSE-MIT";
        let text =
            Sample::of_repository("LICENSE-MIT").await.map_err(|error| Failure::from_error(step, &error))?;
        self.send(&text).await?;
        let title = "generate a file of 100 MiB";
        let generated = self.steps.transfer(title, GENERATED_BYTES, |transfer| async move {
            let made =
                tokio::task::spawn_blocking(move || Sample::generated(GENERATED_BYTES, &transfer)).await;
            made.map_err(std::io::Error::other).flatten()
        });
        let generated = generated.await.map_err(|error| Failure::from_error(title, &error))?;
        self.send(&generated).await
    }

    async fn send(&self, sample: &Sample) -> Result<(), Failure> {
        let steps = self.steps;
        steps.say(&format!("{} ({}, {} bytes)", sample.filename, sample.content_type, sample.size_bytes));
        let issued = steps.run("issue the upload", self.issue(sample)).await?;
        self.post(sample, &issued).await?;
        steps.run("wait until it is recorded", self.wait_until_available(&issued.upload_id)).await?;
        let linked = steps.run("make a link", self.link(&issued.upload_id)).await?;
        let location = steps.run("open the link", self.open(&linked.url)).await?;
        self.download(sample, &location).await?;
        steps.run("open it with HEAD, which is answered at once", self.head(sample, &linked.url)).await?;
        steps.run("revoke the link", self.revoke(&linked.link_id)).await?;
        steps.run("open it again, and be refused", self.refused(&linked.url)).await
    }

    async fn issue(&self, sample: &Sample) -> Result<Issued, Failure> {
        let call = Call::new("issue the upload", "issue-upload", StatusCode::CREATED);
        let body = json!({
            "filename": sample.filename,
            "content_type": sample.content_type,
            "size_bytes": sample.size_bytes,
        });
        let answer = self.ask(&call, Method::POST, "/uploads", Some(&body)).await?;
        self.json(&call, answer).await
    }

    async fn post(&self, sample: &Sample, issued: &Issued) -> Result<(), Failure> {
        let title = "post the form to the bucket";
        self.steps
            .transfer(title, sample.size_bytes, |transfer| async {
                let failed = |error: &dyn std::error::Error| Failure::from_error(title, error);
                let body = sample.body(transfer).await.map_err(|error| failed(&error))?;
                let file = multipart::Part::stream_with_length(body, sample.size_bytes)
                    .file_name(sample.filename.clone());
                // The file comes last, because S3 ignores fields after the file.
                let form = issued
                    .fields
                    .iter()
                    .fold(multipart::Form::new(), |form, (name, value)| {
                        form.text(name.clone(), value.clone())
                    })
                    .part("file", file);
                let answer = self
                    .client
                    .post(&issued.url)
                    .multipart(form)
                    .send()
                    .await
                    .map_err(|error| failed(&error))?;
                if answer.status().is_success() {
                    Ok(())
                } else {
                    Err(Failure::new(title, "2xx", shown(answer).await))
                }
            })
            .await
    }

    async fn wait_until_available(&self, upload_id: &str) -> Result<(), Failure> {
        let call = Call::new("wait until the upload is recorded", "record-upload", StatusCode::OK);
        let deadline = Instant::now() + RECORD_TIMEOUT;
        loop {
            let answer = self.ask(&call, Method::GET, &format!("/uploads/{upload_id}"), None).await?;
            let recorded: Recorded = self.json(&call, answer).await?;
            if recorded.state == "available" {
                return Ok(());
            }
            if recorded.state != "pending" || Instant::now() > deadline {
                let came = format!("state `{}`: {}", recorded.state, json!(recorded.more));
                let expected = format!("state `available` within {} s", RECORD_TIMEOUT.as_secs());
                return Err(self.explain(&call, Failure::new(call.step, &expected, came)).await);
            }
            tokio::time::sleep(RECORD_POLL).await;
        }
    }

    async fn link(&self, upload_id: &str) -> Result<Linked, Failure> {
        let call = Call::new("make a link", "issue-upload", StatusCode::CREATED);
        let answer =
            self.ask(&call, Method::POST, &format!("/uploads/{upload_id}/links"), Some(&json!({}))).await?;
        self.json(&call, answer).await
    }

    /// Returns the URL to which the link redirects.
    async fn open(&self, url: &str) -> Result<String, Failure> {
        let call = Call::new("open the link", "serve-link", StatusCode::FOUND);
        let answer = self.send_request(&call, self.client.get(url)).await?;
        let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        location.map(str::to_owned).ok_or_else(|| Failure::new(call.step, "a Location header", "none"))
    }

    async fn download(&self, sample: &Sample, location: &str) -> Result<(), Failure> {
        let title = "follow it to the file, and compare SHA-256";
        let failed = |error: &dyn std::error::Error| Failure::from_error(title, error);
        let got = self.steps.transfer(title, sample.size_bytes, |transfer| async move {
            let mut answer = self.client.get(location).send().await.map_err(|error| failed(&error))?;
            if answer.status() != StatusCode::OK {
                return Err(Failure::new(title, "200 OK", shown(answer).await));
            }
            let mut hash = Sha256::new();
            while let Some(piece) = answer.chunk().await.map_err(|error| failed(&error))? {
                hash.update(&piece);
                transfer.advance(piece.len());
            }
            let got = hex(hash.finalize().as_slice());
            if got == sample.sha256 { Ok(()) } else { Err(Failure::new(title, &sample.sha256, got)) }
        });
        got.await
    }

    async fn head(&self, sample: &Sample, url: &str) -> Result<(), Failure> {
        let step = "open the link with HEAD";
        let call = Call::new(step, "serve-link", StatusCode::OK);
        let answer = self.send_request(&call, self.client.head(url)).await?;
        let size = answer.headers().get(header::CONTENT_LENGTH).and_then(|size| size.to_str().ok());
        let size = size.and_then(|size| size.parse().ok());
        if size == Some(sample.size_bytes) {
            return Ok(());
        }
        Err(Failure::new(step, &format!("a Content-Length of {}", sample.size_bytes), format!("{size:?}")))
    }

    async fn revoke(&self, link_id: &str) -> Result<(), Failure> {
        let call = Call::new("revoke the link", "issue-upload", StatusCode::OK);
        self.ask(&call, Method::DELETE, &format!("/links/{link_id}"), None).await?;
        Ok(())
    }

    async fn refused(&self, url: &str) -> Result<(), Failure> {
        let call = Call::new("be refused at the revoked link", "serve-link", StatusCode::GONE);
        self.send_request(&call, self.client.get(url)).await?;
        Ok(())
    }

    /// Sends one request to the API, with the user's JWT.
    async fn ask(
        &self,
        call: &Call,
        method: Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<Response, Failure> {
        let mut request = self.client.request(method, format!("{}{path}", self.stack.api_url));
        request = request.bearer_auth(&self.stack.jwt);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send_request(call, request).await
    }

    async fn send_request(&self, call: &Call, request: reqwest::RequestBuilder) -> Result<Response, Failure> {
        let answer = request.send().await.map_err(|error| Failure::from_error(call.step, &error))?;
        if answer.status() == call.expected {
            return Ok(answer);
        }
        let failure = Failure::new(call.step, &call.expected.to_string(), shown(answer).await);
        Err(self.explain(call, failure).await)
    }

    async fn json<T: DeserializeOwned>(&self, call: &Call, answer: Response) -> Result<T, Failure> {
        let text = answer.text().await.map_err(|error| Failure::from_error(call.step, &error))?;
        serde_json::from_str(&text)
            .map_err(|error| Failure::new(call.step, &format!("a body without this: {error}"), text))
    }

    /// Adds the log lines of the function that answered.
    async fn explain(&self, call: &Call, failure: Failure) -> Failure {
        match self.stack.function_logs(call.function).await {
            Ok(lines) => failure.with_logs_of(call.function, &lines),
            Err(error) => failure.with_logs_of(call.function, &[format!("({error})")]),
        }
    }
}

/// A step, the function that answers it, and the expected status.
struct Call {
    step: &'static str,
    function: &'static str,
    expected: StatusCode,
}

impl Call {
    fn new(step: &'static str, function: &'static str, expected: StatusCode) -> Self {
        Self { step, function, expected }
    }
}

async fn shown(answer: Response) -> String {
    const SHOWN_CHARS: usize = 2000;
    let status = answer.status();
    let body = answer.text().await.unwrap_or_else(|error| format!("({error})"));
    format!("{status}\n{}", body.chars().take(SHOWN_CHARS).collect::<String>())
}
