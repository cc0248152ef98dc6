//! Forwards a POST form to the emulator, and checks the checksum that the form may state. S3 refuses a file
//! with another checksum, and keeps the checksum with the object
//! ([`POST Object`](https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html)).
//!
//! The proxy forwards each piece of the form when it arrives, and reads a copy. It holds back the last piece
//! until it has computed the checksum. If the checksum is wrong, the emulator never gets the end of the form,
//! so it stores nothing. S3 checks the signature and the policy before the checksum. So the proxy then asks
//! the emulator whether it would have refused the form for another reason (`probe`).

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::Request,
    http::{Method, header},
    response::Response,
};
use futures::{SinkExt, StreamExt, channel::mpsc, stream};
use multer::Multipart;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    behind::{Behind, bad_gateway},
    checksums::{Checksum, Computation},
    form_parts::Form,
    probe,
};

/// Returns the boundary of the form, if the request posts a form to a bucket.
pub(super) fn boundary(request: &Request) -> Option<String> {
    let of_a_bucket = *request.method() == Method::POST && !request.uri().path().starts_with("/_");
    let content_type = request.headers().get(header::CONTENT_TYPE).filter(|_| of_a_bucket)?;
    multer::parse_boundary(content_type.to_str().ok()?).ok()
}

pub(super) async fn pass(behind: &Behind, request: Request, boundary: String) -> Response {
    let (head, body) = request.into_parts();
    let (told, verdict) = oneshot::channel();
    let passing = Passing::begin(body, boundary.clone(), told);
    let forwarded = Request::from_parts(head.clone(), Body::from_stream(stream::try_unfold(passing, next)));
    let answer = behind.send(forwarded).await;
    let Ok(mut form) = verdict.await else { return answered(answer) };
    if let Some(error) = form.refused() {
        return probe::refuse(behind, head, &boundary, &form, &error).await;
    }
    let answer = answered(answer);
    if let Some(version) = answer.headers().get("x-amz-version-id").and_then(|id| id.to_str().ok()) {
        behind.stored.keep(version, form.checksums.into_iter().filter_map(Result::ok).collect());
    }
    answer
}

fn answered(answer: Result<Response, hyper_util::client::legacy::Error>) -> Response {
    answer.unwrap_or_else(|error| bad_gateway(&error))
}

/// A form that the proxy is forwarding, and the task that reads a copy.
struct Passing {
    body: BodyDataStream,
    held: Option<Bytes>,
    copy: Option<mpsc::Sender<Bytes>>,
    reading: Option<(JoinHandle<Option<Form>>, oneshot::Sender<Form>)>,
}

impl Passing {
    fn begin(body: Body, boundary: String, told: oneshot::Sender<Form>) -> Self {
        let (copy, copied) = mpsc::channel(0);
        let parts = Multipart::new(copied.map(Ok::<Bytes, multer::Error>), boundary);
        let reading = tokio::spawn(async { read(parts).await.ok().flatten() });
        Self { body: body.into_data_stream(), held: None, copy: Some(copy), reading: Some((reading, told)) }
    }

    /// Sends a copy of the piece to the reading task, unless the task has ended.
    async fn copy(&mut self, piece: &Bytes) {
        if let Some(copy) = &mut self.copy
            && copy.send(piece.clone()).await.is_err()
        {
            self.copy = None;
        }
    }

    /// Whether the emulator may get the end of the form: its checksums are right, or it could not be read.
    async fn may_end(&mut self) -> bool {
        self.copy = None;
        let Some((reading, told)) = self.reading.take() else { return true };
        let Ok(Some(form)) = reading.await else { return true };
        let is_right = form.checksums.iter().all(Result::is_ok);
        let _ = told.send(form);
        is_right
    }
}

/// Returns the next piece for the emulator. Each piece is held back until the following one arrives, and the
/// last one until the checksums are known.
async fn next(mut passing: Passing) -> Result<Option<(Bytes, Passing)>, axum::Error> {
    while let Some(piece) = passing.body.next().await {
        let piece = piece?;
        passing.copy(&piece).await;
        if piece.is_empty() {
            continue;
        }
        if let Some(earlier) = passing.held.replace(piece) {
            return Ok(Some((earlier, passing)));
        }
    }
    match passing.held.take() {
        None => Ok(None),
        Some(last) if passing.may_end().await => Ok(Some((last, passing))),
        Some(_) => Err(axum::Error::new("the checksum of the form is wrong")),
    }
}

/// Reads the fields and, if one of them has a checksum, the file.
async fn read(mut parts: Multipart<'static>) -> Result<Option<Form>, multer::Error> {
    let mut form = Form::default();
    let mut computations: Vec<Computation> = Vec::new();
    while let Some(mut field) = parts.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        if !name.eq_ignore_ascii_case("file") {
            let value = field.bytes().await?;
            computations.extend(Checksum::of_field(&name, &value).and_then(Checksum::compute));
            form.fields.push((name, value));
            continue;
        }
        form.filename = field.file_name().map(str::to_owned);
        if computations.is_empty() {
            return Ok(None);
        }
        while let Some(piece) = field.chunk().await? {
            form.size_bytes += piece.len() as u64;
            for computation in &mut computations {
                computation.update(&piece);
            }
        }
        form.checksums = computations.into_iter().map(Computation::finish).collect();
        return Ok(Some(form));
    }
    Ok(None)
}
