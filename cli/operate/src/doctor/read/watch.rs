//! Reads rights, alarms and the pipe.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};
use serde_json::{Value, json};

use super::signed::{Call, call};
use super::{known, unseen};
use crate::clients::Clients;
use crate::doctor::observed::{Observed, Unseen};
use crate::doctor::watch::{Alarm, Pipe, Right, Watch};
use crate::stack::Stack;

/// Reads all of it. The table's ARN says region and account.
pub async fn watch(clients: &Clients, stack: &Stack, table_arn: Option<&str>) -> Watch {
    let (rights, reads_uploads, alarms, pipe) = tokio::join!(
        rights(clients, stack, table_arn),
        reads_uploads(clients, stack, table_arn),
        alarms(clients, stack),
        pipe(clients, stack),
    );
    Watch { rights, reads_uploads, alarms, pipe }
}

/// What a role may do and must not do: actions on a resource.
struct Rule {
    role: &'static str,
    resource: String,
    may: &'static [&'static str],
    must_not: &'static [&'static str],
}

/// A few actions for each role. The whole table is in terraform/README.md, and Terraform's tests evaluate it.
fn rules(stack: &Stack, table_arn: &str) -> Option<Vec<Rule>> {
    let partition = table_arn.split(':').nth(1)?;
    let (region, account) = (table_arn.split(':').nth(3)?, table_arn.split(':').nth(4)?);
    let object = format!("arn:{partition}:s3:::{}/uploads/a", stack.bucket.as_ref()?);
    let queue = format!("arn:{partition}:sqs:{region}:{account}:{}", stack.queues.get("uploads")?);
    let table = table_arn.to_owned();
    let rule =
        |role, resource: &str, may, must_not| Rule { role, resource: resource.to_owned(), may, must_not };
    let mut rules = vec![
        rule(
            "issue-upload",
            &table,
            &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            &["dynamodb:Scan", "dynamodb:DeleteItem"],
        ),
        rule("issue-upload", &object, &[], &["s3:GetObjectVersion", "s3:PutObject"]),
        rule(
            "record-upload",
            &table,
            &["dynamodb:GetItem", "dynamodb:UpdateItem"],
            &["dynamodb:Scan", "dynamodb:DeleteItem"],
        ),
        rule("record-upload", &object, &["s3:GetObjectVersion", "s3:DeleteObjectVersion"], &["s3:PutObject"]),
        rule("record-upload", &queue, &["sqs:ReceiveMessage", "sqs:DeleteMessage"], &[]),
        rule(
            "serve-link",
            &table,
            &[],
            &["dynamodb:Scan", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"],
        ),
        rule("serve-link", &object, &[], &["s3:GetObjectVersion"]),
        rule("upload-signer", &object, &["s3:PutObject"], &["s3:GetObjectVersion", "s3:DeleteObjectVersion"]),
        rule(
            "download-signer",
            &object,
            &["s3:GetObjectVersion"],
            &["s3:GetObject", "s3:PutObject", "s3:DeleteObjectVersion"],
        ),
    ];
    for arn in stack.link_keys.values() {
        rules.push(rule("serve-link", arn, &["kms:GenerateMac"], &[]));
        rules.push(rule("issue-upload", arn, &["kms:GenerateMac"], &[]));
    }
    Some(rules)
}

async fn rights(
    clients: &Clients,
    stack: &Stack,
    table_arn: Option<&str>,
) -> BTreeMap<String, Observed<Vec<Right>>> {
    let mut rights: BTreeMap<String, Observed<Vec<Right>>> = BTreeMap::new();
    let Some(rules) = table_arn.and_then(|arn| rules(stack, arn)) else {
        return BTreeMap::from([("roles".to_owned(), Err(Unseen::unknown("table, bucket and queue")))]);
    };
    for rule in rules {
        let asked = simulated(clients, stack, &rule).await;
        let seen = rights.entry(rule.role.to_owned()).or_insert_with(|| Ok(Vec::new()));
        match (seen, asked) {
            (Ok(seen), Ok(more)) => seen.extend(more),
            (seen @ Ok(_), Err(why)) => *seen = Err(why),
            (Err(_), _) => {}
        }
    }
    rights
}

async fn arn_of(clients: &Clients, stack: &Stack, role: &str) -> Observed<String> {
    let name = known(stack.roles.get(role), "roles")?;
    let answer = clients.iam.get_role().role_name(name).send().await;
    let role = answer.map_err(|error| unseen("iam:GetRole", &error))?.role;
    role.map(|role| role.arn).ok_or_else(|| Unseen::Because("iam:GetRole answers nothing".to_owned()))
}

async fn simulated(clients: &Clients, stack: &Stack, rule: &Rule) -> Observed<Vec<Right>> {
    let role = arn_of(clients, stack, rule.role).await?;
    let actions: Vec<String> =
        rule.may.iter().chain(rule.must_not).map(|action| (*action).to_owned()).collect();
    let request =
        clients.iam.simulate_principal_policy().policy_source_arn(role).resource_arns(&rule.resource);
    let answer = request.set_action_names(Some(actions)).send().await;
    let answer = answer.map_err(|error| unseen("iam:SimulatePrincipalPolicy", &error))?;
    Ok(answer
        .evaluation_results
        .unwrap_or_default()
        .into_iter()
        .map(|result| Right {
            must_be_allowed: rule.may.contains(&result.eval_action_name.as_str()),
            is_allowed: result.eval_decision == PolicyEvaluationDecisionType::Allowed,
            action: result.eval_action_name,
        })
        .collect())
}

/// Asks whether serve-link may read the item of an upload, and makes sure that it may read a link's.
async fn reads_uploads(clients: &Clients, stack: &Stack, table_arn: Option<&str>) -> Observed<bool> {
    let table = table_arn.ok_or_else(|| Unseen::unknown("table"))?;
    let role = arn_of(clients, stack, "serve-link").await?;
    let (link, upload) =
        tokio::try_join!(reads(clients, &role, table, "LINK#a"), reads(clients, &role, table, "UPLOAD#a"))?;
    if link {
        Ok(upload)
    } else {
        Err(Unseen::Because("the simulation refuses a link's item too".to_owned()))
    }
}

async fn reads(clients: &Clients, role: &str, table: &str, key: &str) -> Observed<bool> {
    let context = ContextEntry::builder()
        .context_key_name("dynamodb:LeadingKeys")
        .context_key_type(ContextKeyTypeEnum::StringList)
        .context_key_values(key)
        .build();
    let request = clients.iam.simulate_principal_policy().policy_source_arn(role).resource_arns(table);
    let answer = request.action_names("dynamodb:GetItem").context_entries(context).send().await;
    let answer = answer.map_err(|error| unseen("iam:SimulatePrincipalPolicy", &error))?;
    let results = answer.evaluation_results.unwrap_or_default();
    Ok(results.iter().any(|result| result.eval_decision == PolicyEvaluationDecisionType::Allowed))
}

/// Reads the alarms that the stack should have.
async fn alarms(clients: &Clients, stack: &Stack) -> Observed<BTreeMap<String, Option<Alarm>>> {
    let names = stack.alarms.as_ref().ok_or_else(|| Unseen::unknown("alarms"))?;
    let mut seen: BTreeMap<String, Option<Alarm>> = names.iter().map(|name| (name.clone(), None)).collect();
    // One call takes 100 names.
    for names in names.chunks(100) {
        let body = json!({ "AlarmNames": names, "MaxRecords": 100 }).to_string();
        let target = Some("GraniteServiceVersion20100801.DescribeAlarms");
        let request = Call {
            service: "monitoring",
            method: "POST",
            path: "/",
            target,
            body,
            action: "cloudwatch:DescribeAlarms",
        };
        let answer = call(clients, request).await?;
        let alarms = answer.get("MetricAlarms").and_then(Value::as_array).into_iter().flatten();
        for alarm in alarms {
            let name = alarm.get("AlarmName").and_then(Value::as_str).unwrap_or_default();
            let actions = alarm.get("AlarmActions").and_then(Value::as_array).map_or(0, Vec::len);
            let is_enabled = alarm.get("ActionsEnabled").and_then(Value::as_bool).unwrap_or(true);
            seen.insert(name.to_owned(), Some(Alarm { is_enabled, actions }));
        }
    }
    Ok(seen)
}

async fn pipe(clients: &Clients, stack: &Stack) -> Observed<Pipe> {
    let bus = stack
        .event_bus
        .as_ref()
        .ok_or_else(|| Unseen::Because("the stack has no event bus (app_events)".to_owned()))?;
    let path = format!("/v1/pipes/{bus}-app-events");
    let request = Call {
        service: "pipes",
        method: "GET",
        path: &path,
        target: None,
        body: String::new(),
        action: "pipes:DescribePipe",
    };
    let answer = call(clients, request).await?;
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Ok(Pipe {
        state: text("/CurrentState"),
        detail_type: text("/TargetParameters/EventBridgeEventBusParameters/DetailType"),
    })
}
