//! serve-link behind a witness: a proxy that counts the AWS calls of openings and of forged tokens, and the
//! requests of visitors to S3.

mod browser;
mod cloudfront;
mod costs;
mod cuts;
mod emergency;
mod link_pages;
mod presses;
mod resuming;
mod route_costs;
mod terms;
mod witness;

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::OnceLock;
use std::thread;

use acceptance::{App, chain, configure};
use serde_json::Value;
use stack::{Coordinates, Keys, Options, Stack};
use tokio::sync::{Mutex, MutexGuard};

use witness::Witness;

/// A separate stack. Its serve-link calls AWS through a witness, and its visitors call S3 through the witness
/// too.
pub struct WitnessedStack {
    pub stack: &'static Coordinates,
    pub witness: Witness,
    /// The witness between issue-upload and AWS. Clients post forms and put parts through it too.
    pub issuing: Witness,
    /// The port of a page at `http://localhost` that may use the API.
    pub page_port: u16,
    /// A test that counts holds this lock, so that other tests make no requests meanwhile.
    alone: Mutex<()>,
}

impl WitnessedStack {
    /// Starts a stack, and lets its functions call AWS through the witness.
    pub async fn open() -> Self {
        let page_port = free_port();
        let mut options = Options::default();
        options.origins.push(format!("http://localhost:{page_port}"));
        let stack = Stack::start(options).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
        // The leaked stack ends with this process.
        let stack: &'static Stack = Box::leak(Box::new(stack));
        let coordinates = stack.coordinates();
        let start = || Witness::start(coordinates.endpoint.as_deref().unwrap(), &coordinates.api_url);
        let witnessed = Self {
            stack: coordinates,
            witness: start(),
            issuing: start(),
            page_port,
            alone: Mutex::default(),
        };
        let through = |witness: &Witness, services: &[&str]| {
            let endpoint = |service| (format!("AWS_ENDPOINT_URL_{service}"), witness.url.clone());
            services.iter().map(endpoint).collect::<HashMap<_, _>>()
        };
        let services = ["DYNAMODB", "STS", "KMS", "SECRETS_MANAGER", "S3"];
        configure(coordinates, "serve-link", through(&witnessed.witness, &services)).await;
        configure(coordinates, "issue-upload", through(&witnessed.issuing, &services)).await;
        witnessed
    }

    /// Sets environment variables of serve-link. Lambda then starts new environments.
    pub async fn configure(&self, changes: HashMap<String, String>) {
        configure(self.stack, "serve-link", changes).await;
    }

    /// Makes serve-link ask S3 whether the object exists before it signs a URL.
    pub async fn look_first(&self) {
        let look = HashMap::from([("POSTERN_LINK_CHECK_OBJECT".to_owned(), "true".to_owned())]);
        self.configure(look).await;
    }

    /// Removes an upload's version from the bucket as the account's root, to which no policy applies.
    pub async fn lose(&self, upload: &str) {
        let sdk = self.stack.sdk_config(&Keys::root());
        let config = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
        let removal = aws_sdk_s3::Client::from_conf(config).delete_object().bucket(&self.stack.bucket);
        let version = self.app().versions(upload).await.remove(0);
        removal.key(format!("uploads/{upload}")).version_id(version).send().await.unwrap();
    }

    /// Returns the first user of this stack.
    pub fn app(&self) -> App {
        App::new(self.stack, Some(self.stack.jwt.clone()))
    }

    /// Returns a link's address with the host `localhost`. Browsers and curl send `Secure` cookies to it
    /// without TLS.
    pub fn address(&self, link: &Value) -> String {
        let host = self.witness.url.replace("127.0.0.1", "localhost");
        format!("{host}/l/{}", link["token"].as_str().unwrap())
    }

    /// Waits for the lock, which keeps the requests of other tests away from the witness.
    pub async fn alone(&self) -> MutexGuard<'_, ()> {
        self.alone.lock().await
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether the stack of the journeys is local. Only a local stack can have a witness.
pub fn is_local() -> bool {
    std::env::var_os(format!("{}API_URL", stack::PREFIX)).is_none()
}

/// Returns the stack that these journeys share.
pub fn shared() -> &'static WitnessedStack {
    static SHARED: OnceLock<WitnessedStack> = OnceLock::new();
    SHARED.get_or_init(|| {
        let start = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(WitnessedStack::open())
        };
        thread::spawn(start).join().unwrap()
    })
}
