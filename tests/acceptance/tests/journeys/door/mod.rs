//! The public door with a witness beside it: what an opening costs, what a forgery costs, and what
//! visitors then get from S3.

mod browser;
mod cloudfront;
mod costs;
mod cuts;
mod emergency;
mod link_pages;
mod presses;
mod resuming;
mod terms;
mod witness;

use std::collections::HashMap;
use std::sync::OnceLock;
use std::thread;

use acceptance::{App, chain, configure};
use serde_json::Value;
use stack::{Coordinates, Keys, Options, Stack};
use tokio::sync::{Mutex, MutexGuard};

use witness::Witness;

/// A stack of its own whose door reaches AWS, and whose visitors reach S3, by a witness.
pub struct Door {
    pub stack: &'static Coordinates,
    pub witness: Witness,
    /// Stands between issue-upload and all that it asks but S3.
    pub issuing: Witness,
    /// What counts must not count somebody else's visits.
    alone: Mutex<()>,
}

impl Door {
    /// Starts a stack and puts the witness in place.
    pub async fn open() -> Self {
        let stack =
            Stack::start(Options::default()).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
        // It ends with this process.
        let stack: &'static Stack = Box::leak(Box::new(stack));
        let coordinates = stack.coordinates();
        let start = || Witness::start(coordinates.endpoint.as_deref().unwrap(), &coordinates.api_url);
        let door = Self { stack: coordinates, witness: start(), issuing: start(), alone: Mutex::default() };
        let through = |witness: &Witness, services: &[&str]| {
            let endpoint = |service| (format!("AWS_ENDPOINT_URL_{service}"), witness.url.clone());
            services.iter().map(endpoint).collect::<HashMap<_, _>>()
        };
        let services = ["DYNAMODB", "STS", "KMS", "SECRETS_MANAGER", "S3"];
        configure(coordinates, "serve-link", through(&door.witness, &services)).await;
        // S3 is where its forms lead.
        configure(coordinates, "issue-upload", through(&door.issuing, &services[..4])).await;
        door
    }

    /// Sets variables of serve-link, which starts every environment anew.
    pub async fn configure(&self, changes: HashMap<String, String>) {
        configure(self.stack, "serve-link", changes).await;
    }

    /// From now on the door asks S3 before it signs.
    pub async fn look_first(&self) {
        let look = HashMap::from([("POSTERN_LINK_CHECK_OBJECT".to_owned(), "true".to_owned())]);
        self.configure(look).await;
    }

    /// Removes an upload's version past the API, as somebody whom no policy binds.
    pub async fn lose(&self, upload: &str) {
        let sdk = self.stack.sdk_config(&Keys::root());
        let config = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
        let removal = aws_sdk_s3::Client::from_conf(config).delete_object().bucket(&self.stack.bucket);
        let version = self.app().versions(upload).await.remove(0);
        removal.key(format!("uploads/{upload}")).version_id(version).send().await.unwrap();
    }

    /// The user of this stack.
    pub fn app(&self) -> App {
        App::new(self.stack, Some(self.stack.jwt.clone()))
    }

    /// A link's address at a host of its own, which a browser and curl trust with `Secure` cookies.
    pub fn address(&self, link: &Value) -> String {
        let host = self.witness.url.replace("127.0.0.1", "localhost");
        format!("{host}/l/{}", link["token"].as_str().unwrap())
    }

    /// Keeps other tests away from the witness.
    pub async fn alone(&self) -> MutexGuard<'_, ()> {
        self.alone.lock().await
    }
}

/// Whether the stack of the journeys is a local one: only there may a test stand between.
pub fn is_local() -> bool {
    std::env::var_os(format!("{}API_URL", stack::PREFIX)).is_none()
}

/// The door that these journeys share.
pub fn shared() -> &'static Door {
    static SHARED: OnceLock<Door> = OnceLock::new();
    SHARED.get_or_init(|| {
        let start = || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(Door::open())
        };
        thread::spawn(start).join().unwrap()
    })
}
