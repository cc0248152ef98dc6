//! The local AWS: an emulator that enforces signatures and IAM policies, with the real functions and
//! everything that the deployed stack has.
//!
//! ```text
//! python    a private environment with the emulator, pinned by hashes
//! server    the emulator's process, which ends with this process
//! proxy     in front of the emulator; corrects answers that differ from those of S3
//! issuer    signs the tokens that the API accepts
//! binaries  cargo build, stripped and zipped
//! cargo     runs cargo, and reads how far it is
//! packages  the functions, packed for an AWS account
//! sbom      what each package is built from
//! provision makes the stack from terraform/description.json and `policies`
//! terraform makes the stack by `terraform apply` of the module
//! ─▶ coordinates: everything that a test or a program needs to know
//! ```
//!
//! A second emulator is deliberately absent. The proxy corrects only the answers to requests that the
//! emulator has granted. Only the emulator decides who may do what. Other tests cover what neither of them
//! can show.

mod binaries;
mod cargo;
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
mod sbom;
mod server;
mod skip;
mod stack;
mod steps;
mod terraform;
mod workspace;

pub(crate) use self::workspace::workspace;
pub use self::{
    binaries::{BinariesError, function_executables, test_executable},
    clients::{http, sdk_config},
    coordinates::{Coordinates, Keys, MissingVariable, PREFIX},
    described::differences,
    description::{
        Authorization, Cors, Description, DescriptionError, Events, Function, Index, MediaCors, QueueEvents,
        Route, Schedule, StreamEvents, Table, WebhookEvents,
    },
    issuer::{AUDIENCE, Issuer, IssuerError},
    logs::LogsError,
    packages::{Package, PackageError, Processor, package},
    provision::ProvisionError,
    python::PythonError,
    sbom::{SbomError, sbom},
    server::{Server, ServerError},
    skip::skipped,
    stack::{Options, STRANGER, SUBJECT, Shared, Stack, StartError, python, shared},
    steps::{Building, Steps, Transfer},
    terraform::{Applied, TerraformError, find_provider},
};
