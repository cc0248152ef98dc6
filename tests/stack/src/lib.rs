//! The local AWS: an emulator with signature and IAM enforcement, our real functions in it, and
//! everything provisioned as in the deployed stack.
//!
//! ```text
//! python    a private environment with the emulator, pinned by hashes
//! server    the emulator's process, which ends with ours
//! proxy     stands before it, and answers as S3 does where the emulator does not
//! issuer    signs the tokens that the API accepts
//! binaries  cargo build, stripped and zipped
//! packages  the functions as an account gets them
//! provision the stack itself, from terraform/description.json and `policies`
//! terraform the same, as `terraform apply` of the module makes it
//! ─▶ coordinates: all that a test or a program needs to know
//! ```
//!
//! Deliberately absent: a second emulator. The proxy corrects how S3 answers a request that the
//! emulator has granted; who may do what is the emulator's to decide. What neither can show is proved
//! elsewhere.

mod binaries;
mod clients;
mod coordinates;
mod described;
mod description;
mod issuer;
mod logs;
mod packages;
mod policies;
mod provision;
mod proxy;
mod python;
mod server;
mod skip;
mod stack;
mod steps;
mod terraform;
mod workspace;

pub(crate) use self::workspace::workspace;
pub use self::{
    binaries::{BinariesError, test_executable},
    clients::{http, sdk_config},
    coordinates::{Coordinates, Keys, MissingVariable, PREFIX},
    described::differences,
    description::{
        Authorization, Cors, Description, DescriptionError, Events, Function, Index, QueueEvents, Route,
        Schedule, StreamEvents, Table, WebhookEvents,
    },
    issuer::{AUDIENCE, Issuer, IssuerError},
    logs::LogsError,
    packages::{Package, PackageError, Processor, package},
    provision::ProvisionError,
    python::PythonError,
    server::{Server, ServerError},
    skip::skipped,
    stack::{Options, STRANGER, SUBJECT, Shared, Stack, StartError, python, shared},
    steps::{Steps, Transfer},
    terraform::{Applied, TerraformError, find_provider},
};
