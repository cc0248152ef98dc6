//! The canary's steps, over HTTP as an app and a browser do them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::made::NAME;
use super::{Canary, Head, Made, Opened, Step};
use crate::doctor::api::{Answer, short};
use crate::doctor::observed::Observed;
use crate::stack::Secret;

/// How often a record is read until its state has changed.
const POLL: Duration = Duration::from_millis(500);

/// A pixel, for stacks that take no text.
const PNG: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0,
    0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63,
    0x60, 0, 0, 0, 2, 0, 1, 0x48, 0xaf, 0xa4, 0x71, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60,
    0x82,
];

/// The API as the canary uses it.
pub struct Api<'a> {
    pub http: &'a Client,
    pub url: &'a str,
    pub jwt: &'a Secret,
    /// How long the canary waits for the recorder.
    pub patience: Duration,
}

#[derive(Debug, Deserialize)]
struct Issued {
    upload_id: String,
    url: String,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Linked {
    link_id: String,
    url: String,
}

#[derive(Debug, Deserialize)]
struct Recorded {
    state: String,
}

struct Sample {
    filename: String,
    content_type: &'static str,
    bytes: Vec<u8>,
}

/// Does all steps. What they saw is in `canary` as soon as a step ends, and what they make is in `made` until it is removed.
pub async fn run(
    api: &Api<'_>,
    made: &Made,
    key_of: impl AsyncFn(&str) -> Observed<Option<String>>,
    canary: &mut Canary,
) {
    match api.issue_any(made).await {
        Err(why) => canary.posted = Ok(Err(why)),
        Ok((sample, issued)) => {
            api.refused_forms(&sample, &issued, made, canary).await;
            api.whole_path(&sample, &issued, made, canary, key_of).await;
            api.refused_checksum(&sample, made, canary).await;
            api.refused_put(&sample, made, canary).await;
        }
    }
}

impl Api<'_> {
    /// Removes the uploads that were made.
    pub async fn remove(&self, made: &Made) {
        for upload_id in made.uploads() {
            let answer = self.request(Method::DELETE, &format!("/uploads/{upload_id}")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success() || answer.status().as_u16() == 404) {
                made.drop_upload(&upload_id);
            }
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(self.jwt.expose())
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Step<T> {
        let body = self.text(request).await?;
        serde_json::from_str(&body).map_err(|error| format!("the API's answer has no such field: {error}"))
    }

    /// The body of an answer that is no error.
    async fn text(&self, request: RequestBuilder) -> Step<String> {
        let answer = sent(request).await?;
        let status = answer.status();
        let body = answer.text().await.map_err(|error| no_answer(&error))?;
        if !status.is_success() {
            return Err(refusal(status, &body));
        }
        Ok(body)
    }

    async fn issue(&self, path: &str, sample: &Sample, more: &Value, made: &Made) -> Step<Issued> {
        let mut body = json!({
            "filename": sample.filename,
            "content_type": sample.content_type,
            "size_bytes": sample.bytes.len(),
        });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        made.begin_upload();
        let issued: Step<Issued> = self.ask(self.request(Method::POST, path).json(&body)).await;
        made.end_upload(issued.as_ref().ok().map(|issued| issued.upload_id.as_str()));
        issued
    }

    /// Issues a text, or an image where the stack takes no text.
    async fn issue_any(&self, made: &Made) -> Step<(Sample, Issued)> {
        let text = format!("{:<2047}\n", "The canary of postern doctor.").into_bytes();
        let text = Sample { filename: format!("{NAME}.txt"), content_type: "text/plain", bytes: text };
        let image =
            Sample { filename: format!("{NAME}.png"), content_type: "image/png", bytes: PNG.to_vec() };
        match self.issue("/uploads", &text, &json!({}), made).await {
            Ok(issued) => Ok((text, issued)),
            Err(why) => match self.issue("/uploads", &image, &json!({}), made).await {
                Ok(issued) => Ok((image, issued)),
                Err(_) => Err(why),
            },
        }
    }

    async fn post(
        &self,
        issued: &Issued,
        fields: &BTreeMap<String, String>,
        sample: &Sample,
        bytes: Vec<u8>,
    ) -> Step<Response> {
        let file = Part::bytes(bytes).file_name(sample.filename.clone());
        // The file comes last, because S3 ignores fields after the file.
        let form = fields
            .iter()
            .fold(Form::new(), |form, (name, value)| form.text(name.clone(), value.clone()))
            .part("file", file);
        sent(self.http.post(&issued.url).multipart(form)).await
    }

    async fn refused_forms(&self, sample: &Sample, issued: &Issued, made: &Made, canary: &mut Canary) {
        let mut longer = sample.bytes.clone();
        longer.push(b' ');
        let answer = self.post(issued, &issued.fields, sample, longer).await;
        canary.refused.insert("canary-too-large", Ok(answered(answer).await));

        let mut fields = issued.fields.clone();
        fields.retain(|name, _| !name.to_lowercase().starts_with("x-amz-server-side-encryption"));
        let answer = self.post(issued, &fields, sample, sample.bytes.clone()).await;
        canary.refused.insert("canary-without-encryption", Ok(answered(answer).await));

        let mut fields = issued.fields.clone();
        let stray = format!("{NAME}/{}", issued.upload_id);
        fields.insert("key".to_owned(), stray.clone());
        let answer = answered(self.post(issued, &fields, sample, sample.bytes.clone()).await).await;
        if answer.as_ref().is_ok_and(|answer| answer.status < 300) {
            made.add_object(&stray);
        }
        canary.refused.insert("canary-other-prefix", Ok(answer));
    }

    async fn whole_path(
        &self,
        sample: &Sample,
        issued: &Issued,
        made: &Made,
        canary: &mut Canary,
        key_of: impl AsyncFn(&str) -> Observed<Option<String>>,
    ) {
        let posted = self.post(issued, &issued.fields, sample, sample.bytes.clone()).await;
        let told = posted.as_ref().ok().and_then(|answer| {
            let key = answer.headers().get("x-amz-server-side-encryption-aws-kms-key-id")?;
            Some(key.to_str().ok()?.to_owned())
        });
        canary.posted = Ok(answered(posted).await);
        if !matches!(&canary.posted, Ok(Ok(answer)) if (200..300).contains(&answer.status)) {
            return;
        }
        canary.encryption = match (told, issued.fields.get("key")) {
            (Some(key), _) => Ok(Ok(Some(key))),
            (None, Some(key)) => key_of(key).await.map(Ok),
            (None, None) => Ok(Err("the form has no key".to_owned())),
        };
        let recorded = self.until(&issued.upload_id, |state| state != "pending").await;
        let is_available = recorded.as_deref() == Ok("available");
        canary.recorded = Ok(recorded);
        if !is_available {
            return;
        }
        let request = self.request(Method::POST, &format!("/uploads/{}/links", issued.upload_id));
        match self.ask::<Linked>(request.json(&json!({}))).await {
            Err(why) => canary.opened = Ok(Err(why)),
            Ok(link) => {
                canary.opened = Ok(self.open(&link, sample).await);
                canary.head = Ok(self.head(&link, sample).await);
                canary.revoked = Ok(self.revoke(&link).await);
            }
        }
        canary.removed = Ok(self.delete(&issued.upload_id, made).await);
    }

    async fn delete(&self, upload_id: &str, made: &Made) -> Step<String> {
        self.text(self.request(Method::DELETE, &format!("/uploads/{upload_id}"))).await?;
        made.drop_upload(upload_id);
        self.until(upload_id, |state| state == "deleted").await
    }

    /// Reads the record until its state is such, or patience ends. Returns the last state.
    async fn until(&self, upload_id: &str, is_such: impl Fn(&str) -> bool) -> Step<String> {
        let begun = Instant::now();
        loop {
            let request = self.request(Method::GET, &format!("/uploads/{upload_id}"));
            let recorded: Recorded = self.ask(request).await?;
            if is_such(&recorded.state) || begun.elapsed() > self.patience {
                return Ok(recorded.state);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn open(&self, link: &Linked, sample: &Sample) -> Step<Opened> {
        let answer = sent(self.http.get(&link.url)).await?;
        let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        let Some(location) = location.map(str::to_owned) else {
            let status = answer.status();
            let body = answer.text().await.unwrap_or_default();
            return Err(format!("the link answers {status} without an address: {}", short(&body)));
        };
        let life_s =
            location.split(['?', '&']).find_map(|pair| pair.strip_prefix("X-Amz-Expires=")?.parse().ok());
        let file = sent(self.http.get(&location)).await?;
        let status = file.status().as_u16();
        let header = |name: &str| file.headers().get(name)?.to_str().ok().map(str::to_owned);
        let encryption = header("x-amz-server-side-encryption");
        let key = header("x-amz-server-side-encryption-aws-kms-key-id");
        let bytes = file.bytes().await.map_err(|error| no_answer(&error))?;
        Ok(Opened { status, is_same: bytes == sample.bytes, life_s, encryption, key })
    }

    async fn head(&self, link: &Linked, sample: &Sample) -> Step<Head> {
        let answer = sent(self.http.head(&link.url)).await?;
        let size =
            answer.headers().get(header::CONTENT_LENGTH).and_then(|size| size.to_str().ok()?.parse().ok());
        let wanted_bytes = u64::try_from(sample.bytes.len()).unwrap_or_default();
        Ok(Head { status: answer.status().as_u16(), size_bytes: size, wanted_bytes })
    }

    async fn revoke(&self, link: &Linked) -> Step<u16> {
        self.text(self.request(Method::DELETE, &format!("/links/{}", link.link_id))).await?;
        Ok(sent(self.http.get(&link.url)).await?.status().as_u16())
    }

    /// Posts other bytes than the form's checksum is of.
    async fn refused_checksum(&self, sample: &Sample, made: &Made, canary: &mut Canary) {
        // The SHA-256 of nothing.
        let more = json!({ "checksum_sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" });
        let answer = match self.issue("/uploads", sample, &more, made).await {
            Ok(issued) => {
                answered(self.post(&issued, &issued.fields, sample, sample.bytes.clone()).await).await
            }
            Err(why) => Err(why),
        };
        canary.refused.insert("canary-checksum", Ok(answer));
    }

    /// Puts a file to a URL whose date was moved.
    async fn refused_put(&self, sample: &Sample, made: &Made, canary: &mut Canary) {
        let answer = match self.issue("/uploads/put", sample, &json!({}), made).await {
            Ok(issued) => {
                let request = self.http.put(moved(&issued.url)).body(sample.bytes.clone());
                let request =
                    issued.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
                answered(sent(request).await).await
            }
            Err(why) => Err(why),
        };
        canary.refused.insert("canary-put-date", Ok(answer));
    }
}

/// The URL with another second in its date.
fn moved(url: &str) -> String {
    const DATE: &str = "X-Amz-Date=";
    let Some((before, after)) = url.split_once(DATE) else { return url.to_owned() };
    let (date, rest) =
        after.split_once('&').map_or((after, String::new()), |(date, rest)| (date, format!("&{rest}")));
    let date = match date.strip_suffix("0Z") {
        Some(beginning) => format!("{beginning}1Z"),
        None => format!("{}0Z", date.get(..date.len().saturating_sub(2)).unwrap_or_default()),
    };
    format!("{before}{DATE}{date}{rest}")
}

/// What an answer of the API says that is an error.
fn refusal(status: StatusCode, body: &str) -> String {
    if status == StatusCode::UNAUTHORIZED {
        return "the API answers 401: the token is wrong or expired, or of another issuer or audience"
            .to_owned();
    }
    format!("the API answers {status} {}", short(body))
}

async fn sent(request: RequestBuilder) -> Step<Response> {
    request.send().await.map_err(|error| no_answer(&error))
}

/// The URL is left out: it may be signed.
fn no_answer(error: &reqwest::Error) -> String {
    let why = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the answer broke off"
    };
    why.to_owned()
}

async fn answered(answer: Step<Response>) -> Step<Answer> {
    let answer = answer?;
    let status = answer.status().as_u16();
    let body = answer.text().await.map_err(|error| no_answer(&error))?;
    Ok(Answer { status, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_a_url_is_moved_by_less_than_a_minute() {
        for (date, other) in
            [("20261129T120000Z", "20261129T120001Z"), ("20261129T120007Z", "20261129T120000Z")]
        {
            let url = |date: &str| format!("https://b/k?X-Amz-Date={date}&X-Amz-Expires=900");
            assert_eq!(moved(&url(date)), url(other));
        }
        assert_eq!(moved("https://b/k"), "https://b/k");
    }

    #[test]
    fn a_refused_token_is_named() {
        assert!(refusal(StatusCode::UNAUTHORIZED, "{}").contains("the token is wrong or expired"));
        assert_eq!(refusal(StatusCode::CONFLICT, "{}"), "the API answers 409 Conflict {}");
    }
}
