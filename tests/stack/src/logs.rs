//! The log lines of the functions, from CloudWatch Logs.

use std::error::Error;

use aws_sdk_cloudwatchlogs::{
    Client,
    operation::filter_log_events::FilterLogEventsError,
    types::{FilteredLogEvent, InputLogEvent},
};

use crate::coordinates::{Coordinates, Keys};

/// The logs cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("read the logs of {function}")]
pub struct LogsError {
    function: String,
    source: Box<dyn Error + Send + Sync>,
}

impl Coordinates {
    /// Returns every line that a function has logged, oldest first; none if it has never run. Lambda's own
    /// lines (`START`, `END`, `REPORT`) are included. `function` is the name of the binary.
    ///
    /// # Errors
    /// If the observer cannot read them.
    pub async fn function_logs(&self, function: &str) -> Result<Vec<String>, LogsError> {
        let client = Client::new(&self.sdk_config(&self.observer));
        let group = format!("/aws/lambda/{}-{function}", self.name);
        let mut events = Vec::new();
        let mut pages = client.filter_log_events().log_group_name(group).into_paginator().send();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => events.extend(page.events.unwrap_or_default()),
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(FilterLogEventsError::is_resource_not_found_exception) =>
                {
                    return Ok(Vec::new());
                }
                Err(error) => return Err(LogsError { function: function.to_owned(), source: error.into() }),
            }
        }
        events.sort_by_key(FilteredLogEvent::timestamp);
        Ok(events.into_iter().filter_map(|event| event.message).collect())
    }

    /// Writes a line into the log of a function of a local stack, as the function itself could. `at_ms` is the time in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// If the line cannot be written.
    pub async fn write_log(&self, function: &str, at_ms: i64, line: &str) -> Result<(), LogsError> {
        let failed =
            |source: Box<dyn Error + Send + Sync>| LogsError { function: function.to_owned(), source };
        let client = Client::new(&self.sdk_config(&Keys::root()));
        let group = format!("/aws/lambda/{}-{function}", self.name);
        let stream = format!("test/{at_ms}/{}", line.len());
        // A stream of an earlier line serves too.
        let _ = client.create_log_stream().log_group_name(&group).log_stream_name(&stream).send().await;
        let event = InputLogEvent::builder().timestamp(at_ms).message(line).build();
        let event = event.map_err(|error| failed(error.into()))?;
        let put = client.put_log_events().log_group_name(group).log_stream_name(stream).log_events(event);
        put.send().await.map(drop).map_err(|error| failed(error.into()))
    }
}
