//! The text that `cargo dev` prints when the stack runs: its addresses, and commands to paste into a shell.

use stack::Stack;

/// Returns the text, which `cargo dev` prints after the walk.
pub(crate) fn text(stack: &Stack, page: &str) -> String {
    let at = stack.coordinates();
    format!(
        "
Open {page}/ in a browser: send a file, and see what the pipeline does.

  API           {api}
  AWS endpoint  {endpoint}  ({region})
  bucket        {bucket}
  table         {table}
  queue         {queue}
  dead letters  {dead}
  log           {log}

An upload from a shell, of the file F:

export API='{api}' F=LICENSE-MIT
export JWT={jwt}

{lines}
The curl lines of README.md and docs/ run after these ones too.

Ctrl-C ends it all and leaves nothing behind.",
        api = at.api_url,
        endpoint = at.endpoint.as_deref().unwrap_or_default(),
        region = at.region,
        bucket = at.bucket,
        table = at.table,
        queue = at.queue_url,
        dead = at.dead_letter_queue_url,
        log = stack.server().log_path().display(),
        jwt = at.jwt,
        lines = LINES,
    )
}

/// The commands to paste. The journey `snippets` runs them too.
const LINES: &str = include_str!("guide.sh");
