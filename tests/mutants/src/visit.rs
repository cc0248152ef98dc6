//! Visits the syntax of a file: which expressions, arms and calls become what.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ItemFn, UnOp};

use crate::sites::{Insertion, Sites};
use crate::syntax::{head, holds_let, is_call, is_test_only, is_wildcard, other_methods, others, tail};

impl<'ast> Visit<'ast> for Sites<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if is_test_only(&item.attrs) {
            self.test_modules.push(item.ident.to_string());
        } else {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.body(&item.attrs, &item.sig, &item.block);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
        // That a `Debug` shows nothing secret has tests of its own. One that shows less is no fault.
        if is_test_only(&item.attrs) || of.is_some_and(|of| of.ident == "Debug") {
            return;
        }
        self.within(self.text(item.self_ty.span()).to_owned(), |sites| visit::visit_item_impl(sites, item));
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.within(item.ident.to_string(), |sites| visit::visit_item_trait(sites, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.body(&item.attrs, &item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(&item.attrs, &item.sig, block);
        }
    }

    fn visit_expr_binary(&mut self, expr: &'ast syn::ExprBinary) {
        let inside = |sites: &mut Self| visit::visit_expr_binary(sites, expr);
        let others = if holds_let(&expr.left) || holds_let(&expr.right) { &[][..] } else { others(&expr.op) };
        let (left, right) = (self.text(expr.left.span()), self.text(expr.right.span()));
        let operator = self.text(expr.op.span());
        let shown = format!("{} {operator} {}", tail(left), head(right));
        let change = |other: &&str| (format!("{shown} → {other}"), operation(left, other, right));
        self.replace(expr.span(), others.iter().map(change).collect(), inside);
    }

    fn visit_expr_unary(&mut self, expr: &'ast syn::ExprUnary) {
        let inside = |sites: &mut Self| visit::visit_expr_unary(sites, expr);
        let operand = self.text(expr.expr.span());
        let others = match expr.op {
            UnOp::Not(_) | UnOp::Neg(_) => {
                vec![(format!("{} → {}", head(self.text(expr.span())), head(operand)), operand.to_owned())]
            }
            _ => Vec::new(),
        };
        self.replace(expr.span(), others, inside);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let (receiver, method) = (self.text(call.receiver.span()), call.method.to_string());
        let arguments = self.text(call.span()).get(receiver.len()..).unwrap_or_default();
        let shown = format!("{}{}", tail(receiver), head(arguments));
        let change = |other: &&str| match *other {
            "" => (format!("{shown} → without"), receiver.to_owned()),
            "!" => (format!("{shown} → !"), format!("!{receiver}{arguments}")),
            other => {
                let text = format!("{receiver}{}", arguments.replacen(&method, other, 1));
                (format!("{shown} → {other}"), text)
            }
        };
        let others = other_methods(&method).iter().map(change).collect();
        self.replace(call.span(), others, |sites| visit::visit_expr_method_call(sites, call));
    }

    // A call whose value is not used is left out.
    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        let syn::Stmt::Expr(expr, Some(_)) = statement else { return visit::visit_stmt(self, statement) };
        let left_out = is_call(expr).then(|| {
            let shown = head(self.text(expr.span()));
            self.mutant(expr.span(), format!("{shown} → deleted"))
        });
        if let Some(id) = left_out.flatten() {
            let opening = format!("if !crate::mutated({id}) {{/*{id}<*/");
            self.opening.push(Insertion { at: statement.span().byte_range().start, text: opening });
            visit::visit_stmt(self, statement);
            let closing = Insertion { at: statement.span().byte_range().end, text: format!("/*>{id}*/}}") };
            self.closing.push(closing);
        } else {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_expr_match(&mut self, expr: &'ast syn::ExprMatch) {
        self.visit_expr(&expr.expr);
        let has_wildcard = expr.arms.iter().any(is_wildcard);
        for arm in &expr.arms {
            self.arm(arm, has_wildcard && !is_wildcard(arm));
        }
    }

    // What is computed when it is compiled cannot be chosen at run time.
    fn visit_pat(&mut self, _: &'ast syn::Pat) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
    fn visit_path(&mut self, _: &'ast syn::Path) {}
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_item_enum(&mut self, _: &'ast syn::ItemEnum) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_expr_repeat(&mut self, _: &'ast syn::ExprRepeat) {}
    fn visit_generics(&mut self, _: &'ast syn::Generics) {}
    fn visit_angle_bracketed_generic_arguments(&mut self, _: &'ast syn::AngleBracketedGenericArguments) {}
}

impl Sites<'_> {
    fn arm(&mut self, arm: &syn::Arm, can_be_left_out: bool) {
        let shown = format!("arm {}", head(self.text(arm.pat.span())));
        let left_out =
            if can_be_left_out { self.mutant(arm.pat.span(), format!("{shown} → deleted")) } else { None };
        let runs = left_out.map(|id| format!("!crate::mutated({id})"));
        match (&arm.guard, runs) {
            (Some((_, guard)), runs) if !holds_let(guard) => {
                let guarded = format!("{shown} if {}", head(self.text(guard.span())));
                let always = self.mutant(guard.span(), format!("{guarded} → true"));
                let never = self.mutant(guard.span(), format!("{guarded} → false"));
                let mut opening = runs.map_or_else(String::new, |runs| format!("{runs} && "));
                opening.push('(');
                opening += &always.map_or_else(String::new, |id| format!("crate::mutated({id}) || "));
                opening += &never.map_or_else(String::new, |id| format!("!crate::mutated({id}) && "));
                opening.push('(');
                let at = self.opening.len();
                self.visit_expr(guard);
                self.opening.insert(at, Insertion { at: guard.span().byte_range().start, text: opening });
                self.closing.push(Insertion { at: guard.span().byte_range().end, text: "))".to_owned() });
            }
            (None, Some(runs)) => {
                let text = format!(" if {runs}");
                self.closing.push(Insertion { at: arm.pat.span().byte_range().end, text });
            }
            _ => {}
        }
        self.visit_expr(&arm.body);
    }
}

/// What an assignment assigns to stays as it is.
fn operation(left: &str, operator: &str, right: &str) -> String {
    match operator.ends_with("-=") || operator.ends_with("+=") || operator.ends_with("/=") {
        true => format!("{left} {operator} {right}"),
        false => format!("({left}) {operator} ({right})"),
    }
}
