//! Which plain values a function can return instead of what its body computes.

use syn::{GenericArgument, PathArguments, ReturnType, Type};

/// The source text of values of the return type. Whether the type has such a value is found out by the
/// compiler. Empty where no value can be written, as for `impl Iterator`.
pub fn of_return(output: &ReturnType) -> Vec<String> {
    match output {
        ReturnType::Default => vec!["()".to_owned()],
        ReturnType::Type(_, ty) => of_type(ty),
    }
}

fn of_type(ty: &Type) -> Vec<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map_or_else(Vec::new, of_path),
        Type::Tuple(tuple) => of_tuple(tuple.elems.iter()),
        Type::Array(array) => of_type(&array.elem).iter().map(|value| format!("[{value}; _]")).collect(),
        Type::Reference(reference) if reference.mutability.is_none() => of_reference(&reference.elem),
        Type::Paren(inner) => of_type(&inner.elem),
        _ => Vec::new(),
    }
}

fn of_path(segment: &syn::PathSegment) -> Vec<String> {
    let arguments = types_in(&segment.arguments);
    let inner = || arguments.first().map_or_else(|| texts(&["Default::default()"]), |ty| of_type(ty));
    let wrapped = |before: &str, after: &str| -> Vec<String> {
        inner().iter().map(|value| format!("{before}{value}{after}")).collect()
    };
    match segment.ident.to_string().as_str() {
        "bool" => texts(&["true", "false"]),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => texts(&["0", "1"]),
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => texts(&["0", "1", "-1"]),
        "f32" | "f64" => texts(&["0.0", "1.0", "-1.0"]),
        "String" => texts(&["String::new()", "\"xyzzy\".to_owned()"]),
        "Cow" => texts(&["\"\".into()", "\"xyzzy\".into()"]),
        "Option" => [texts(&["None"]), wrapped("Some(", ")")].concat(),
        "Result" => wrapped("Ok(", ")"),
        "Vec" => [texts(&["vec![]"]), wrapped("vec![", "]")].concat(),
        "Box" => wrapped("Box::new(", ")"),
        "Arc" => wrapped("std::sync::Arc::new(", ")"),
        _ => texts(&["Default::default()"]),
    }
}

fn of_reference(target: &Type) -> Vec<String> {
    match target {
        Type::Slice(_) => texts(&["&[]"]),
        Type::Path(path) if path.path.is_ident("str") => texts(&["\"\"", "\"xyzzy\""]),
        other => of_type(other).iter().map(|value| format!("Box::leak(Box::new({value}))")).collect(),
    }
}

/// The first value of each element, and for each element its second value beside the first of the others.
fn of_tuple<'a>(elements: impl Iterator<Item = &'a Type>) -> Vec<String> {
    let values: Vec<_> = elements.map(of_type).collect();
    let most = values.iter().map(Vec::len).max();
    let row = |n: usize| {
        let chosen: Option<Vec<_>> = values.iter().map(|of| of.get(n).or(of.last()).cloned()).collect();
        chosen.map(|chosen| match chosen.as_slice() {
            [] => "()".to_owned(),
            [only] => format!("({only},)"),
            several => format!("({})", several.join(", ")),
        })
    };
    (0..most.unwrap_or(1).min(2)).filter_map(row).collect()
}

fn types_in(arguments: &PathArguments) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return Vec::new() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_the_return_type() {
        let of = |text: &str| of_type(&syn::parse_str(text).unwrap());
        assert_eq!(of("bool"), ["true", "false"]);
        assert_eq!(of("Result<Option<u64>, Problem>"), ["Ok(None)", "Ok(Some(0))", "Ok(Some(1))"]);
        assert_eq!(of("io::Result<()>"), ["Ok(())"]);
        assert_eq!(of("&'static str"), ["\"\"", "\"xyzzy\""]);
        assert_eq!(of("(bool, Upload)"), ["(true, Default::default())", "(false, Default::default())"]);
        assert!(of("impl Iterator<Item = u8>").is_empty());
    }
}
