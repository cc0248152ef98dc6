//! The fenced code blocks of a Markdown text.

/// A code block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snippet<'a> {
    /// The text after the opening fence, such as `sh`.
    pub language: &'a str,
    /// The lines between the fences.
    pub text: &'a str,
}

/// Returns every code block, in the order of the text.
pub fn snippets(markdown: &str) -> Vec<Snippet<'_>> {
    let mut blocks = markdown.split("\n```");
    blocks.next();
    // Split at the fences, the text alternates between code blocks and prose.
    blocks.step_by(2).filter_map(|block| block.split_once('\n')).map(snippet).collect()
}

fn snippet<'a>((language, text): (&'a str, &'a str)) -> Snippet<'a> {
    Snippet { language: language.trim(), text }
}

/// Returns the commands of a shell snippet. Each line is a command. A line that ends with a backslash goes on
/// in the next line.
pub fn commands(shell: &str) -> Vec<String> {
    let joined = shell.replace("\\\n", " ");
    joined.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

#[test]
fn code_blocks_are_found_with_their_languages() {
    let text = "# A\n\n```sh\na \\\n  b\nc\n```\n\nprose\n\n```\nplain\n```\n";
    let found = snippets(text);
    assert_eq!(
        found,
        [Snippet { language: "sh", text: "a \\\n  b\nc" }, Snippet { language: "", text: "plain" },]
    );
    assert_eq!(commands(found[0].text), ["a    b", "c"]);
}
