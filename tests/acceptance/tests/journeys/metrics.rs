//! The recorder's metrics. They are read from its log lines, as CloudWatch does.

use acceptance::{App, PNG};
use postern_aws::lambda::metrics::METRICS;
use serde_json::{Value, json};

/// Returns the documents in the embedded metric format that the recorder has logged.
pub async fn documents(app: &App) -> Vec<Value> {
    let events = app.stack.function_logs("record-upload").await.unwrap();
    let lines = events.iter().flat_map(|event| event.lines()).filter(|line| line.contains("\"_aws\""));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns the values of a metric with exactly these dimensions.
pub fn values(documents: &[Value], name: &str, dimensions: &[&str]) -> Vec<f64> {
    let of = documents
        .iter()
        .filter(|document| document["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0] == json!(dimensions));
    of.filter_map(|document| document.get(name)).flat_map(numbers).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        value => vec![value.as_f64().unwrap()],
    }
}

/// Asserts that a document has the form that CloudWatch needs, and that each metric has the unit that
/// `METRICS` gives it.
pub fn assert_is_well_formed(document: &Value) {
    assert!(document["_aws"]["Timestamp"].is_u64(), "{document}");
    let directive = &document["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "Postern", "{document}");
    for dimension in directive["Dimensions"][0].as_array().unwrap() {
        assert!(document[dimension.as_str().unwrap()].is_string(), "{document}");
    }
    for metric in directive["Metrics"].as_array().unwrap() {
        let name = metric["Name"].as_str().unwrap();
        let (_, unit) = METRICS.iter().find(|(of, _)| *of == name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(metric["Unit"], format!("{unit:?}"), "{document}");
        assert!((1..=100).contains(&numbers(&document[name]).len()), "{document}");
    }
}

#[tokio::test]
async fn the_recorder_counts_and_measures_its_verdicts() {
    let app = App::user();
    // No other journey uploads a file of this size.
    let bytes = vec![b'a'; 77_773];
    let form = app.issue(json!({ "filename": "a.txt", "content_type": "text/plain" })).await;
    assert_eq!(form.post(&bytes).await.status, 201);
    app.until(&form.upload_id, |upload| upload["state"] == "available").await;
    assert_eq!(form.post(&bytes).await.status, 201);
    app.until(&form.upload_id, |upload| upload["surplus_versions"] == 1).await;
    let refused = app.issue(json!({ "filename": "b.txt", "content_type": "text/plain" })).await;
    assert_eq!(refused.post(PNG).await.status, 201);
    app.until(&refused.upload_id, |upload| upload["state"] == "rejected").await;

    let function = &["Function"][..];
    let mut found = documents(&app).await;
    for _ in 0..100 {
        let all = [("SurplusVersions", function), ("RejectedUploads", &["Function", "Reason"])];
        if all.iter().all(|(name, dimensions)| !values(&found, name, dimensions).is_empty()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        found = documents(&app).await;
    }
    found.iter().for_each(assert_is_well_formed);
    let count = |name, dimensions| values(&found, name, dimensions).iter().sum::<f64>();
    assert!(count("AvailableUploads", function) >= 1.0);
    assert!(count("SurplusVersions", function) >= 1.0);
    assert!(count("RejectedUploads", function) >= 1.0);
    assert!(values(&found, "RecordedBytes", function).contains(&77_773.0), "{found:?}");
    let by_reason = found.iter().filter(|document| document["Reason"] == "content_type_mismatch");
    assert!(by_reason.map(|document| document["RejectedUploads"].as_u64().unwrap()).sum::<u64>() >= 1);
    // Each verdict has an age. It is not older than the stack, and not negative.
    let ages = values(&found, "RecordingAge", function);
    let verdicts = count("AvailableUploads", function) + count("RejectedUploads", function);
    assert!(!ages.is_empty() && f64::from(u32::try_from(ages.len()).unwrap()) <= verdicts, "{ages:?}");
    assert!(ages.iter().all(|age| (0.0..600_000.0).contains(age)), "{ages:?}");
    assert!(ages.iter().any(|age| *age > 0.0), "{ages:?}");
}
