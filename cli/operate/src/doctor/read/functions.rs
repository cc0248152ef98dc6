//! Reads the functions, their packages, triggers, schedule and sessions.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::time::Duration;

use futures::future::join_all;
use zip::ZipArchive;

use super::{known, no_http, unseen};
use crate::clients::Clients;
use crate::doctor::functions::{Function, Functions, Schedule, Trigger};
use crate::doctor::observed::{Observed, Unseen};
use crate::stack::Stack;

/// How often a function is read that is being changed, and how long is waited in between.
const READS: u32 = 30;
const BETWEEN_READS: Duration = Duration::from_secs(1);

/// Reads all of it.
pub async fn functions(clients: &Clients, stack: &Stack) -> Functions {
    let functions = join_all(
        stack
            .functions
            .iter()
            .map(|(name, function)| async move { (name.clone(), self::function(clients, function).await) }),
    );
    let called =
        stack.functions.iter().filter(|(name, _)| matches!(name.as_str(), "record-upload" | "send-webhook"));
    let triggers = join_all(
        called.map(|(name, function)| async move { (name.clone(), triggers(clients, function).await) }),
    );
    let signers = stack.roles.iter().filter(|(name, _)| name.ends_with("-signer"));
    let sessions =
        join_all(signers.map(|(name, role)| async move { (name.clone(), session(clients, role).await) }));
    let (functions, triggers, schedule, sessions) =
        tokio::join!(functions, triggers, schedule(clients, stack), sessions);
    Functions {
        by_name: functions.into_iter().collect(),
        triggers: triggers.into_iter().collect(),
        schedule,
        sessions: sessions.into_iter().collect(),
    }
}

/// Reads a function. One that is being made or changed is read again, for half a minute.
async fn function(clients: &Clients, name: &str) -> Observed<Function> {
    for _ in 0..READS {
        let function = function_now(clients, name).await?;
        let is_changing = function.state.as_deref() == Some("Pending")
            || function.last_update.as_deref() == Some("InProgress");
        if !is_changing {
            return Ok(function);
        }
        tokio::time::sleep(BETWEEN_READS).await;
    }
    function_now(clients, name).await
}

async fn function_now(clients: &Clients, name: &str) -> Observed<Function> {
    let answer = clients.lambda.get_function().function_name(name).send().await;
    let answer = answer.map_err(|error| unseen("lambda:GetFunction", &error))?;
    let program = match answer.code.and_then(|code| code.location) {
        Some(url) => program(clients, &url).await,
        None => Err(Unseen::Because("lambda:GetFunction gives no package".to_owned())),
    };
    let configuration = answer
        .configuration
        .ok_or_else(|| Unseen::Because("lambda:GetFunction answers nothing".to_owned()))?;
    let variables = configuration.environment.and_then(|environment| environment.variables);
    Ok(Function {
        state: configuration.state.map(|state| state.as_str().to_owned()),
        last_update: configuration.last_update_status.map(|status| status.as_str().to_owned()),
        architecture: configuration
            .architectures
            .and_then(|all| all.first().map(|architecture| architecture.as_str().to_owned())),
        environment: variables.unwrap_or_default().into_iter().collect::<BTreeMap<_, _>>(),
        program,
    })
}

/// Downloads a package, and reads the beginning of its program.
async fn program(clients: &Clients, url: &str) -> Observed<String> {
    let answer = clients.http.get(url).send().await.map_err(|error| no_http(&error))?;
    if !answer.status().is_success() {
        return Err(Unseen::Because(format!("the package's address answers {}", answer.status())));
    }
    let package = answer.bytes().await.map_err(|error| no_http(&error))?;
    processor(&package)
}

/// The processor of the program `bootstrap` in a ZIP archive, by the
/// [ELF header](https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html).
fn processor(package: &[u8]) -> Observed<String> {
    let unreadable = || Unseen::Because("the package has no program bootstrap".to_owned());
    let mut archive = ZipArchive::new(Cursor::new(package)).map_err(|_| unreadable())?;
    let mut header = [0; 20];
    archive
        .by_name("bootstrap")
        .map_err(|_| unreadable())?
        .read_exact(&mut header)
        .map_err(|_| unreadable())?;
    match header {
        [0x7f, b'E', b'L', b'F', .., 62, 0] => Ok("x86_64".to_owned()),
        [0x7f, b'E', b'L', b'F', .., 183, 0] => Ok("arm64".to_owned()),
        [0x7f, b'E', b'L', b'F', ..] => Ok("another processor".to_owned()),
        _ => Ok("no program".to_owned()),
    }
}

async fn triggers(clients: &Clients, function: &str) -> Observed<Vec<Trigger>> {
    let answer = clients.lambda.list_event_source_mappings().function_name(function).send().await;
    let answer = answer.map_err(|error| unseen("lambda:ListEventSourceMappings", &error))?;
    let mappings = answer.event_source_mappings.unwrap_or_default().into_iter();
    Ok(mappings
        .map(|mapping| Trigger {
            source_arn: mapping.event_source_arn.unwrap_or_default(),
            state: mapping.state.unwrap_or_default(),
        })
        .collect())
}

async fn schedule(clients: &Clients, stack: &Stack) -> Observed<Schedule> {
    let recorder = known(stack.functions.get("record-upload"), "functions")?;
    let name = recorder.strip_suffix("-record-upload").unwrap_or(recorder);
    let answer = clients.scheduler.get_schedule().name(format!("{name}-tidy")).send().await;
    let answer = answer.map_err(|error| unseen("scheduler:GetSchedule", &error))?;
    let input = answer.target.as_ref().and_then(|target| serde_json::from_str(target.input.as_ref()?).ok());
    Ok(Schedule {
        state: answer.state.map(|state| state.as_str().to_owned()),
        expression: answer.schedule_expression,
        input,
        target_arn: answer.target.map(|target| target.arn),
    })
}

async fn session(clients: &Clients, role: &str) -> Observed<u64> {
    let answer = clients.iam.get_role().role_name(role).send().await;
    let role = answer.map_err(|error| unseen("iam:GetRole", &error))?.role;
    // IAM gives an hour to a role without this setting.
    let longest_s = role.and_then(|role| role.max_session_duration).unwrap_or(3600);
    Ok(u64::try_from(longest_s).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn package(name: &str, program: &[u8]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(program).unwrap();
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn the_processor_is_read_from_the_program() {
        let program = |machine: u8| {
            [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9], &[3, 0, machine, 0], &[0; 100]].concat()
        };
        for (machine, name) in [(62, "x86_64"), (183, "arm64"), (243, "another processor")] {
            assert_eq!(processor(&package("bootstrap", &program(machine))), Ok(name.to_owned()));
        }
        assert_eq!(processor(&package("bootstrap", &[b'#'; 100])), Ok("no program".to_owned()));
        assert!(processor(&package("index.js", &program(62))).is_err());
        assert!(processor(b"no archive").is_err());
    }
}
