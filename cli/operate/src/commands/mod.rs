//! The commands that show and change uploads and links, and those for an emergency and its neighbors.
//!
//! Reading uses the table with the caller's own rights. A change of records goes through `record-upload`
//! ([`postern::operate`]), so that the same rules hold as for the API. Every change may be repeated.
//!
//! ```text
//! upload, link, owner    show, revoke             record.rs, revoke.rs
//! uploads, links         lists of an owner        list.rs
//! dead-letters           show, redrive            dead_letters/
//! reconcile              the hourly work now      reconcile.rs
//! emergency              ends all signed URLs     emergency/
//! ```

mod arguments;
mod aws;
mod dead_letters;
mod emergency;
mod failure;
mod list;
mod reconcile;
mod record;
mod recorder;
mod reference;
mod report;
mod revoke;
mod view;

use clap::Subcommand;

use crate::ended::{EXIT_CODES, Ended, run};

use self::arguments::{Change, Common};
use self::aws::Aws;
use self::dead_letters::DeadLetters;
use self::emergency::Emergency;
use self::list::{Links, Uploads};
use self::reconcile::Reconcile;
use self::reference::{LinkReference, OwnerReference, UploadReference};
pub use self::report::Report;

/// A command of an operator.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the text of the help is with the command's own arguments")]
pub enum Command {
    /// Shows an upload, or revokes the links to it.
    #[command(subcommand)]
    Upload(UploadCommand),
    /// Shows a link, or revokes it.
    #[command(subcommand)]
    Link(LinkCommand),
    /// Revokes the links of an owner.
    #[command(subcommand)]
    Owner(OwnerCommand),
    Uploads(Uploads),
    Links(Links),
    /// Shows what waits in the dead-letter queues, and why, or sends it again.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    Reconcile(Reconcile),
    Emergency(Emergency),
}

/// Commands for one upload.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the text of the help is with the command's own arguments")]
pub enum UploadCommand {
    /// Shows an upload.
    #[command(after_help = EXIT_CODES)]
    Show {
        /// An upload's id, its key in the bucket, or its address in the API.
        #[arg(value_name = "ID|KEY")]
        upload: UploadReference,
        #[command(flatten)]
        common: Common,
    },
    /// Revokes every link to an upload. The file stays.
    #[command(after_help = EXIT_CODES)]
    Revoke {
        /// An upload's id, its key in the bucket, or its address in the API.
        #[arg(value_name = "ID|KEY")]
        upload: UploadReference,
        #[command(flatten)]
        change: Change,
    },
}

/// Commands for one link.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the text of the help is with the command's own arguments")]
pub enum LinkCommand {
    /// Shows a link.
    ///
    /// A token is hashed on this machine, and is sent nowhere. The id of a link is the hash of the secret in its token, so
    /// no key is needed. `-` reads the id, the token or the address from standard input, which keeps a token out of
    /// the shell's history.
    #[command(after_help = EXIT_CODES)]
    Show {
        /// A link's id, its token, or its address; `-`: standard input.
        #[arg(value_name = "ID|TOKEN|URL", allow_hyphen_values = true)]
        link: LinkReference,
        #[command(flatten)]
        common: Common,
    },
    /// Revokes a link.
    #[command(after_help = EXIT_CODES)]
    Revoke {
        /// A link's id, its token, or its address; `-`: standard input.
        #[arg(value_name = "ID|TOKEN|URL", allow_hyphen_values = true)]
        link: LinkReference,
        #[command(flatten)]
        change: Change,
    },
}

/// Commands for one owner.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the text of the help is with the command's own arguments")]
pub enum OwnerCommand {
    /// Revokes every link that an owner made. The files stay.
    #[command(after_help = EXIT_CODES)]
    Revoke {
        /// The owner: the JWT's issuer and the value of its claim, joined by `#`.
        #[arg(value_name = "OWNER")]
        owner: OwnerReference,
        #[command(flatten)]
        change: Change,
    },
}

impl Command {
    /// Whether the answer is JSON.
    pub fn json(&self) -> bool {
        self.common().json
    }

    fn common(&self) -> &Common {
        match self {
            Self::Upload(UploadCommand::Show { common, .. })
            | Self::Link(LinkCommand::Show { common, .. }) => common,
            Self::Upload(UploadCommand::Revoke { change, .. })
            | Self::Link(LinkCommand::Revoke { change, .. })
            | Self::Owner(OwnerCommand::Revoke { change, .. }) => &change.common,
            Self::Uploads(command) => &command.common,
            Self::Links(command) => &command.common,
            Self::DeadLetters(command) => command.common(),
            Self::Reconcile(command) => &command.change.common,
            Self::Emergency(command) => &command.change.common,
        }
    }

    /// Runs the command. The report says what was found or done, also where a change failed.
    ///
    /// # Errors
    /// If the program was used wrongly or could not look.
    pub fn run(&self) -> Result<(Report, Ended), String> {
        run(async {
            let aws = Aws::open(&self.common().stack).await?;
            self.perform(&aws).await
        })
    }

    async fn perform(&self, aws: &Aws) -> Result<(Report, Ended), String> {
        match self {
            Self::Upload(UploadCommand::Show { upload, .. }) => record::show_upload(aws, upload.0).await,
            Self::Upload(UploadCommand::Revoke { upload, change }) => {
                revoke::of_upload(aws, upload.0, change.dry_run).await
            }
            Self::Link(LinkCommand::Show { link, .. }) => record::show_link(aws, &link.read()?).await,
            Self::Link(LinkCommand::Revoke { link, change }) => {
                revoke::link(aws, &link.read()?, change.dry_run).await
            }
            Self::Owner(OwnerCommand::Revoke { owner, change }) => {
                revoke::of_owner(aws, &owner.0, change.dry_run).await
            }
            Self::Uploads(command) => command.run(aws).await,
            Self::Links(command) => command.run(aws).await,
            Self::DeadLetters(command) => command.run(aws).await,
            Self::Reconcile(command) => command.run(aws).await,
            Self::Emergency(command) => command.run(aws).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(subcommand)]
        command: Command,
    }

    /// The ids of links are base64url, so one of 64 begins with a hyphen.
    #[test]
    fn a_links_id_may_begin_with_a_hyphen() {
        for id in
            ["-hTuz3MXZeTiEZU3-HYpnesGc2WpJEi67Xhp6QSKcPo", "-VTuz3MXZeTiEZU3-HYpnesGc2WpJEi67Xhp6QSKcPo"]
        {
            for line in [["--dry-run", id, "--json"], [id, "--dry-run", "--json"]] {
                let parsed =
                    Line::try_parse_from([&["postern", "link", "revoke"][..], &line].concat()).unwrap();
                let Command::Link(LinkCommand::Revoke { link, change }) = parsed.command else { panic!() };
                assert_eq!(link.read().unwrap().as_str(), id);
                assert!(change.dry_run && change.common.json, "{line:?}");
            }
        }
    }

    #[test]
    fn a_limit_of_zero_is_refused() {
        for line in ["uploads --owner i#a", "links --owner i#a", "dead-letters show"] {
            let parsed = |limit| Line::try_parse_from(format!("postern {line} --limit {limit}").split(' '));
            assert!(parsed(0).is_err() && parsed(1).is_ok(), "{line}");
        }
    }
}
