//! What is asked of single pieces of Rust's syntax.

use syn::{Attribute, BinOp, Expr, Meta};

/// What an operator becomes.
pub fn others(operator: &BinOp) -> &'static [&'static str] {
    match operator {
        BinOp::Eq(_) => &["!="],
        BinOp::Ne(_) => &["=="],
        BinOp::Lt(_) => &["==", ">", "<="],
        BinOp::Gt(_) => &["==", "<", ">="],
        BinOp::Le(_) => &[">", "<"],
        BinOp::Ge(_) => &["<", ">"],
        BinOp::And(_) => &["||"],
        BinOp::Or(_) => &["&&"],
        BinOp::Add(_) => &["-", "*"],
        BinOp::Sub(_) | BinOp::Mul(_) => &["+", "/"],
        BinOp::Div(_) | BinOp::Rem(_) => &["*", "+"],
        BinOp::BitAnd(_) | BinOp::BitXor(_) => &["|"],
        BinOp::BitOr(_) => &["&"],
        BinOp::Shl(_) => &[">>"],
        BinOp::Shr(_) => &["<<"],
        BinOp::AddAssign(_) => &["-="],
        BinOp::SubAssign(_) => &["+="],
        BinOp::MulAssign(_) => &["/="],
        _ => &[],
    }
}

/// What a call of a method becomes: the call of another one, its opposite (`!`), or its receiver (empty).
pub fn other_methods(method: &str) -> &'static [&'static str] {
    match method {
        "is_some" => &["is_none"],
        "is_none" => &["is_some"],
        "is_ok" => &["is_err"],
        "is_err" => &["is_ok"],
        "is_some_and" => &["is_none_or"],
        "is_none_or" => &["is_some_and"],
        "any" => &["all"],
        "all" => &["any"],
        "min" => &["max", ""],
        "max" => &["min", ""],
        "contains" | "contains_key" | "ends_with" | "is_empty" | "starts_with" => &["!"],
        "filter" | "trim" => &[""],
        _ => &[],
    }
}

/// Whether the expression calls something, also with `.await` and `?` behind it.
pub fn is_call(expr: &Expr) -> bool {
    match expr {
        Expr::Call(_) | Expr::MethodCall(_) => true,
        Expr::Await(inner) => is_call(&inner.base),
        Expr::Try(inner) => is_call(&inner.expr),
        _ => false,
    }
}

/// A chain of `&&` with a `let` is no expression that stands for itself.
pub fn holds_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => holds_let(&binary.left) || holds_let(&binary.right),
        _ => false,
    }
}

/// An arm for everything that the others leave: `_`, or a name.
pub fn is_wildcard(arm: &syn::Arm) -> bool {
    let is_any = match &arm.pat {
        syn::Pat::Wild(_) => true,
        syn::Pat::Ident(name) => {
            name.subpat.is_none() && name.ident.to_string().starts_with(|first: char| first.is_lowercase())
        }
        _ => false,
    };
    is_any && arm.guard.is_none()
}

/// What `cfg(test)` or `test` is written above.
pub fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => {
            let inner = list.tokens.to_string();
            list.path.is_ident("cfg") && matches!(inner.as_str(), "test" | "doctest")
        }
        meta => meta.path().is_ident("test"),
    })
}

const SHOWN_CHARS: usize = 48;

fn one_line(text: &str) -> Vec<char> {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect()
}

/// The beginning of the text, in one line.
pub fn head(text: &str) -> String {
    let all = one_line(text);
    let more = if all.len() > SHOWN_CHARS { "…" } else { "" };
    all.iter().take(SHOWN_CHARS).collect::<String>() + more
}

/// The end of the text, in one line.
pub fn tail(text: &str) -> String {
    let all = one_line(text);
    let more = if all.len() > SHOWN_CHARS { "…" } else { "" };
    more.to_owned() + &all.iter().skip(all.len().saturating_sub(SHOWN_CHARS)).collect::<String>()
}
