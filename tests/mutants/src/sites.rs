//! Finds the places of a source file that can be mutated, and what each becomes.
//!
//! Every change is an insertion: `a < b` becomes `(if crate::mutated(7) {a <= b} else {a < b})`, so that
//! nested places combine. The mutant's text holds no further mutants: one of them is chosen in a run.

use std::fmt::Write as _;

use proc_macro2::Span;
use syn::Attribute;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::syntax::is_test_only;
use crate::values;

/// One change of one place.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// Its number in this run.
    pub id: usize,
    /// The file, from the repository's root.
    pub file: String,
    /// The line of the place.
    pub line: usize,
    /// The function, with its type.
    pub function: String,
    /// What is changed: `a < b → <=`.
    pub change: String,
}

/// A piece of text to insert at a byte of the source.
#[derive(Debug)]
pub struct Insertion {
    /// Before this byte.
    pub at: usize,
    /// What is inserted.
    pub text: String,
}

/// What a file gives: its mutants, with the text that chooses among them.
pub struct Sites<'a> {
    source: &'a str,
    file: &'a str,
    scope: Vec<String>,
    next_id: usize,
    wanted: &'a dyn Fn(&Mutant) -> bool,
    /// The mutants.
    pub mutants: Vec<Mutant>,
    /// Outer ones first.
    pub opening: Vec<Insertion>,
    /// Inner ones first.
    pub closing: Vec<Insertion>,
    /// The modules that exist in tests only.
    pub test_modules: Vec<String>,
}

impl<'a> Sites<'a> {
    /// The places of `source` whose mutants are `wanted`; their numbers begin at `first_id`.
    ///
    /// # Errors
    /// For what is no Rust.
    pub fn find(
        file: &'a str,
        source: &'a str,
        first_id: usize,
        wanted: &'a dyn Fn(&Mutant) -> bool,
    ) -> syn::Result<Self> {
        let mut sites = Self {
            source,
            file,
            scope: Vec::new(),
            next_id: first_id,
            wanted,
            mutants: Vec::new(),
            opening: Vec::new(),
            closing: Vec::new(),
            test_modules: Vec::new(),
        };
        sites.visit_file(&syn::parse_file(source)?);
        Ok(sites)
    }

    /// The number of the next file's first mutant.
    pub fn next_id(&self) -> usize {
        self.next_id
    }

    /// What stands there.
    pub fn text(&self, span: Span) -> &'a str {
        self.source.get(span.byte_range()).unwrap_or_default()
    }

    /// The number of the mutant, if this run wants it. A number is used up in any case, so that the
    /// mutants keep theirs when some are left out.
    pub fn mutant(&mut self, place: Span, change: String) -> Option<usize> {
        let id = self.next_id;
        self.next_id += 1;
        let (file, function) = (self.file.to_owned(), self.scope.join("::"));
        let mutant = Mutant { id, file, line: place.start().line, function, change };
        let is_wanted = (self.wanted)(&mutant);
        if is_wanted {
            self.mutants.push(mutant);
        }
        is_wanted.then_some(id)
    }

    /// Lets the expression be one of `others` (what is shown of the change, and its text). What is inside
    /// of the expression is visited by `inside`.
    pub fn replace(&mut self, place: Span, others: Vec<(String, String)>, inside: impl FnOnce(&mut Self)) {
        let mut branches = String::new();
        for (change, text) in others {
            if let Some(id) = self.mutant(place, change) {
                let _ = write!(branches, "if crate::mutated({id}) {{{}}} else ", marked(id, &text));
            }
        }
        let at = self.opening.len();
        inside(self);
        if !branches.is_empty() {
            let start = place.byte_range().start;
            self.opening.insert(at, Insertion { at: start, text: format!("({branches}{{") });
            self.closing.push(Insertion { at: place.byte_range().end, text: "})".to_owned() });
        }
    }

    pub fn body(&mut self, attributes: &[Attribute], signature: &syn::Signature, block: &syn::Block) {
        if is_test_only(attributes) || signature.constness.is_some() {
            return;
        }
        self.scope.push(signature.ident.to_string());
        let original = self.text(block.span()).trim_matches(['{', '}']).trim();
        let is_default = signature.ident == "default" && signature.inputs.is_empty();
        for value in values::of_return(&signature.output) {
            if block.stmts.is_empty() || value == original || (is_default && value == "Default::default()") {
                continue;
            }
            if let Some(id) = self.mutant(signature.ident.span(), format!("body → {value}")) {
                let text = format!(" if crate::mutated({id}) {{ return {}; }}", marked(id, &value));
                self.opening.push(Insertion { at: block.brace_token.span.open().byte_range().end, text });
            }
        }
        visit::visit_block(self, block);
        self.scope.pop();
    }

    pub fn within(&mut self, name: String, visit: impl FnOnce(&mut Self)) {
        self.scope.push(name);
        visit(self);
        self.scope.pop();
    }
}

/// The mutant's text between marks, by which an error of the compiler finds it.
fn marked(id: usize, text: &str) -> String {
    format!("/*{id}<*/{text}/*>{id}*/")
}
