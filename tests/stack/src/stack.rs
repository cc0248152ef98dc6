//! Starts and ends a whole stack on this machine.

use std::{path::PathBuf, sync::OnceLock, thread};

use crate::{
    binaries::{self, BinariesError},
    clients::Clients,
    coordinates::{Coordinates, Keys, MissingVariable},
    description::{Description, DescriptionError},
    issuer::{AUDIENCE, Issuer, IssuerError},
    provision::{self, NAME, ProvisionError, Provisioned, Settings},
    proxy::{Proxy, Serving},
    python::{self, PythonError},
    server::{REGION, Server, ServerError},
    steps::Steps,
    terraform::TerraformError,
    workspace::stack_folder,
};

/// The subject of `Coordinates::jwt`.
pub const SUBJECT: &str = "alice";
/// The subject of `Coordinates::stranger_jwt`.
pub const STRANGER: &str = "mallory";

/// The stack cannot be started.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is the error of the module that it names")]
#[error(transparent)]
pub enum StartError {
    Description(#[from] DescriptionError),
    Python(#[from] PythonError),
    Server(#[from] ServerError),
    Issuer(#[from] IssuerError),
    Binaries(#[from] BinariesError),
    Provision(#[from] ProvisionError),
    Coordinates(#[from] MissingVariable),
    Terraform(#[from] TerraformError),
    #[error("start the proxy before the emulator")]
    Proxy(#[source] std::io::Error),
    #[error("start the stack: a thread of it ended early")]
    Thread,
    #[error("start the stack: no runtime")]
    Runtime(#[source] std::io::Error),
}

impl StartError {
    /// Whether this machine lacks Terraform or its provider.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Terraform(error) if error.is_unavailable())
    }
}

/// The options of a stack.
#[derive(Debug)]
pub struct Options {
    /// The origins that the CORS rules of the API and of the bucket allow.
    pub origins: Vec<String>,
    /// The visibility timeout of the queue of events. `None` stands for the six minutes of the description.
    /// Tests set a shorter one, because they wait until a failed event is redelivered.
    pub visibility_timeout_s: Option<u32>,
    /// The printer of the steps.
    pub steps: Steps,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            origins: vec!["http://127.0.0.1:8080".to_owned()],
            visibility_timeout_s: None,
            steps: Steps::quiet(),
        }
    }
}

/// A running local stack. Nothing of it remains after it is stopped or dropped, or after the process has
/// ended, also after SIGKILL.
#[derive(Debug)]
pub struct Stack {
    pub(crate) server: Server,
    /// The proxy at the stack's endpoint.
    pub(crate) proxy: Serving,
    pub(crate) issuer: Issuer,
    pub(crate) coordinates: Coordinates,
}

impl Stack {
    /// Builds the functions, starts the emulator and provisions it.
    ///
    /// # Errors
    /// If a part fails. The error names the part. If the emulator fails, the error ends with its log.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { origins, visibility_timeout_s, steps } = options;
        let description = Description::load()?;
        let folder = stack_folder();
        let scratch = folder.clone();
        let names: Vec<String> = description.functions.keys().cloned().collect();

        let python = steps.run_talking("the emulator's Python environment", {
            let folder = folder.clone();
            blocking(move || python::interpreter(&folder))
        });
        let python = python.await?;
        let proxy = Proxy::bind().map_err(StartError::Proxy)?;
        let endpoint = proxy.url();
        let (server, issuer, archives) = tokio::try_join!(
            steps.run("start the emulator", async {
                Server::start(&python, &folder, &endpoint).await.map_err(StartError::from)
            }),
            steps.run("start the issuer of tokens", blocking(Issuer::start)),
            steps.build("build and pack the functions", |building| {
                blocking(move || binaries::archives(&names, &scratch, &building))
            }),
        )?;

        let proxy = proxy.serve(server.endpoint()).map_err(StartError::Proxy)?;

        let settings = Settings {
            description: &description,
            endpoint: &endpoint,
            region: REGION,
            issuer_url: issuer.url(),
            audience: AUDIENCE,
            origins: &origins,
            visibility_timeout_s: visibility_timeout_s
                .unwrap_or(description.events.queue.visibility_timeout_s),
            archives,
        };
        let clients = Clients::root(REGION, &endpoint);
        let provisioned =
            steps.run("provision the stack", Box::pin(provision::provision(&clients, settings))).await?;
        let origin = origins.into_iter().next().unwrap_or_default();
        let coordinates = coordinates(provisioned, endpoint, &issuer, origin)?;
        Ok(Self { server, proxy, issuer, coordinates })
    }

    /// The addresses and credentials of the stack.
    pub fn coordinates(&self) -> &Coordinates {
        &self.coordinates
    }

    /// The issuer of the JWTs that the stack accepts.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The emulator's process, behind the proxy.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Ends the stack, and waits until nothing of it is left.
    pub fn stop(mut self) {
        self.server.stop();
        drop(self.proxy);
    }
}

/// The stack of a test process: the one that the environment names, or else a local one.
#[derive(Debug)]
pub struct Shared {
    /// The addresses and credentials.
    pub coordinates: Coordinates,
    /// The local stack; `None` if the environment names a stack.
    pub local: Option<Stack>,
}

/// Returns the stack that all tests of this process share. The first call starts it, and later calls wait for
/// the start.
///
/// # Errors
/// If it cannot be started, or if variables of the environment are missing. Every caller gets the
/// same error.
pub fn shared() -> Result<&'static Shared, &'static StartError> {
    static SHARED: OnceLock<Result<Shared, StartError>> = OnceLock::new();
    SHARED.get_or_init(|| thread::spawn(start_shared).join().unwrap_or(Err(StartError::Thread))).as_ref()
}

/// Starts the shared stack on a runtime of its own, because the stack outlives the runtime of the first test.
fn start_shared() -> Result<Shared, StartError> {
    if let Some(coordinates) = Coordinates::from_env()? {
        return Ok(Shared { coordinates, local: None });
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::Runtime)?;
    let options = Options { visibility_timeout_s: Some(TEST_VISIBILITY_TIMEOUT_S), ..Options::default() };
    let stack = runtime.block_on(Stack::start(options))?;
    Ok(Shared { coordinates: stack.coordinates.clone(), local: Some(stack) })
}

/// Returns the Python of the emulator's environment, which also has boto3 and requests.
///
/// # Errors
/// When Python is missing or too old, or when the packages cannot be installed.
pub fn python() -> Result<PathBuf, PythonError> {
    python::interpreter(&stack_folder())
}

/// The visibility timeout of the shared stack. It is longer than a slow invocation, and a test can wait for
/// it.
const TEST_VISIBILITY_TIMEOUT_S: u32 = 5;

pub(crate) async fn blocking<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, StartError>
where
    T: Send + 'static,
    E: Send + 'static,
    StartError: From<E>,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| StartError::Thread)?.map_err(StartError::from)
}

fn coordinates(
    provisioned: Provisioned,
    endpoint: String,
    issuer: &Issuer,
    origin: String,
) -> Result<Coordinates, StartError> {
    let keys = |key: provision::AccessKey| Keys {
        access_key_id: key.id,
        secret_access_key: key.secret,
        session_token: None,
    };
    Ok(Coordinates {
        api_url: provisioned.api_url,
        jwt: issuer.token(SUBJECT)?,
        stranger_jwt: issuer.token(STRANGER)?,
        origin,
        region: REGION.to_owned(),
        endpoint: Some(endpoint),
        name: NAME.to_owned(),
        bucket: provisioned.bucket,
        table: provisioned.table,
        queue_url: provisioned.queue_url,
        dead_letter_queue_url: provisioned.dead_letter_queue_url,
        files_key_arn: provisioned.resources.files_key_arn,
        link_key_arn: provisioned.resources.link_key_arn,
        upload_token_key_arn: provisioned.resources.upload_token_key_arn,
        upload_signer_role_arn: provisioned.resources.upload_signer_role.arn,
        download_signer_role_arn: provisioned.resources.download_signer_role.arn,
        observer: keys(provisioned.observer),
        outsider: keys(provisioned.outsider),
    })
}
