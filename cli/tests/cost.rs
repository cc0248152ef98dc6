//! `postern cost`, and that the README, the page about capacity and the program say the same.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::process::{Command, Output};

use postern_cli::cost::{CostTable, Estimate, Prices, Usage, estimate};

const README: &str = include_str!("../../terraform/README.md");
const CAPACITY: &str = include_str!("../../docs/capacity.md");
const FUNCTIONS: &str = include_str!("../../terraform/functions.tf");

fn postern(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_postern")).args(arguments).output().unwrap()
}

fn section() -> &'static str {
    let (_, rest) = README.split_once("\n## What it costs\n").unwrap();
    rest.split("\n## ").next().unwrap()
}

/// The tables of the README: rows of what, arithmetic and dollars. The last row is the sum.
fn tables() -> Vec<Vec<[String; 3]>> {
    let blocks = section().split("\n\n").filter(|block| block.starts_with("| what |"));
    blocks
        .map(|block| {
            let rows = block.lines().skip(2).filter(|line| line.starts_with('|'));
            rows.map(|row| {
                let cells: Vec<_> = row
                    .trim_matches('|')
                    .split('|')
                    .map(|cell| cell.trim_matches([' ', '*']).to_owned())
                    .collect();
                cells.try_into().unwrap()
            })
            .collect()
        })
        .collect()
}

fn a_million_of_each() -> Estimate {
    let usage = Usage { uploads: 1_000_000, openings: 1_000_000, webhooks: 1_000_000, ..Usage::default() };
    estimate(&usage, &Prices::built_in().unwrap()).unwrap()
}

#[test]
fn the_tables_of_the_readme_are_those_of_the_program() {
    let computed = a_million_of_each().tables;
    let named = |title: &str| -> &CostTable { computed.iter().find(|table| table.title == title).unwrap() };
    let titles = ["uploads", "link openings", "events as webhooks", "each month, idle"];
    assert_eq!(tables().len(), titles.len());
    for (written, title) in tables().iter().zip(titles) {
        let table = named(title);
        let (sum, rows) = written.split_last().unwrap();
        assert_eq!(rows.len(), table.items.len(), "{title}");
        for ([what, arithmetic, usd], item) in rows.iter().zip(&table.items) {
            assert!(what.starts_with(item.what), "{title}: {what}, and not {}", item.what);
            assert_eq!(*arithmetic, item.arithmetic, "{title}: {what}");
            assert_eq!(*usd, format!("{:.2}", item.usd), "{title}: {what}");
        }
        assert_eq!(sum[2], format!("{:.2}", table.usd), "{title}");
    }
}

#[test]
fn the_text_of_the_readme_has_the_prices_and_the_pages_of_the_program() {
    let prices = Prices::built_in().unwrap();
    let text = section().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&prices.region_name) && text.contains(&prices.as_of));
    for (name, price) in prices.all() {
        assert!(text.contains(&price.source), "{name}: {}", price.source);
        assert!(text.contains(&price.usd), "{name}: {}", price.usd);
    }
    let webhook =
        a_million_of_each().tables.into_iter().find(|table| table.title == "each month, for webhooks");
    let amounts: Vec<_> = webhook.unwrap().items.iter().map(|item| format!("{:.2}", item.usd)).collect();
    let said = format!(
        "costs {} more for waiting receives, {} for the secret, {} for its four alarms and up to {}",
        amounts[0], amounts[1], amounts[2], amounts[3]
    );
    assert!(text.contains(&said), "{said}");
}

/// The GB-seconds of the tables are a duration that the README states and the module's memory.
#[test]
fn the_memory_of_the_arithmetic_is_the_module_s_default() {
    let text = section().split_whitespace().collect::<Vec<_>>().join(" ");
    for (function, said) in [
        ("issue-upload", "50 ms at 256 MB to issue"),
        ("record-upload", "100 ms at 512 MB to record"),
        ("serve-link", "at 20 ms of serve-link with 256 MB"),
        ("send-webhook", "answers in 300 ms, one event a batch, with 256 MB"),
    ] {
        assert!(text.contains(said), "{said}");
        let defaults = FUNCTIONS.split_once("default_memory_mb = {").unwrap().1;
        let (_, memory) = defaults.split_once(function).unwrap();
        let memory = memory.lines().next().unwrap().trim_matches([' ', '=']);
        assert!(said.contains(&format!("{memory} MB")), "{function}: {memory}");
    }
}

/// The page about capacity shows a command and its sum.
#[test]
fn the_sum_in_the_page_about_capacity_is_what_its_command_prints() {
    let (_, rest) = CAPACITY.split_once("postern-cli --no-default-features -- cost").unwrap();
    let (arguments, rest) = rest.split_once('\n').unwrap();
    let arguments: Vec<_> = ["cost"].into_iter().chain(arguments.split_whitespace()).collect();
    let output = postern(&arguments);
    let printed = String::from_utf8(output.stdout).unwrap();
    let sum = printed.lines().find_map(|line| line.strip_suffix("  all")).unwrap().trim();
    assert!(rest.contains(&format!("{sum} dollars")), "{sum}");
}

#[test]
fn json_has_the_region_the_date_and_each_table() {
    let arguments =
        ["cost", "--uploads", "1000000", "--openings", "2000000", "--gb", "10", "--gb-out", "2.5", "--json"];
    let output = postern(&arguments);
    assert_eq!(output.status.code(), Some(0));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["region"], "us-east-1");
    assert_eq!(said["prices_as_of"], "the first half of 2026");
    assert_eq!(said.pointer("/tables/0/usd").unwrap(), 15.5);
    assert_eq!(said.pointer("/tables/1/items/0/arithmetic").unwrap(), "2 M × 1.00/M");
    let files = said["tables"].as_array().unwrap().last().unwrap();
    assert_eq!(files.pointer("/items/0/usd").unwrap(), 0.23);
    assert_eq!(files.pointer("/items/1/arithmetic").unwrap(), "2.5 GB × 0.09");
    let sum: f64 =
        said["tables"].as_array().unwrap().iter().map(|table| table["usd"].as_f64().unwrap()).sum();
    assert!((said["usd"].as_f64().unwrap() - sum).abs() < 1e-6);
    assert!(!said.to_string().contains("webhooks"), "a stack without webhooks does not pay for them");
}

#[test]
fn wrong_usage_exits_with_two_and_says_why() {
    for wrong in [
        ["cost", "--uploads", "-1"],
        ["cost", "--uploads", "many"],
        ["cost", "--gb", "-0.5"],
        ["cost", "--gb", "NaN"],
        ["cost", "--gb-out", "inf"],
    ] {
        let output = postern(&wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{wrong:?}");
    }
    assert_eq!(postern(&["cost", "--help"]).status.code(), Some(0));
}

#[test]
fn a_stack_that_does_nothing_costs_what_an_idle_one_does() {
    let output = postern(&["cost"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && printed.contains("16.36  all"), "{printed}");
    assert!(!printed.contains("link openings"), "{printed}");
}
