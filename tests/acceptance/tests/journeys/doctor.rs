//! `postern doctor` on a local stack of its own: it passes, and names each fault that is planted through the services'
//! own APIs. A stack that other tests use would have their dead letters.

use std::time::Duration;

use acceptance::chain;
use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use aws_sdk_lambda::types::Environment;
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, CorsConfiguration, CorsRule, ExpirationStatus,
    LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration, NotificationConfiguration,
    ObjectOwnership, OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, VersioningConfiguration,
};
use aws_sdk_sqs::types::QueueAttributeName;
use postern_operate::clients::Clients;
use postern_operate::doctor::{Report, Verdict, look};
use postern_operate::ended::Ended;
use postern_operate::stack::{Stack, StackArguments};
use serde_json::{Value, json};
use stack::{Coordinates, Keys, Options};

/// The checks of an account, which a local AWS cannot do, by their names.
const ONLY_IN_AN_ACCOUNT: [&str; 6] = [
    "app-events-detail-type",
    "canary-checksum",
    "canary-head",
    "canary-kms",
    "leading-keys",
    "signature-age-refused",
];

struct Patient {
    clients: Clients,
    stack: Stack,
    at: Coordinates,
}

impl Patient {
    /// The stack as the program knows it from the file of `cargo dev --env-file`.
    fn new(at: &Coordinates) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("env");
        at.write(&file).unwrap();
        let arguments = StackArguments::of_env_file(&file);
        let stack = arguments.read(|_| None).unwrap();
        let clients = Clients::from_config(at.sdk_config(&Keys::root())).unwrap();
        Self { clients, stack, at: at.clone() }
    }

    async fn look(&self) -> Report {
        Box::pin(look(&self.clients, &self.stack, false)).await
    }

    /// Every upload of the canary's user is deleted, or is about to be.
    async fn has_no_upload_of_the_canary(&self) {
        let request = self.clients.http.get(format!("{}/uploads", self.at.api_url)).bearer_auth(&self.at.jwt);
        let list: Value = request.send().await.unwrap().json().await.unwrap();
        let states: Vec<&str> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|upload| upload["state"].as_str().unwrap())
            .collect();
        assert!(states.len() >= 3 && states.iter().all(|state| state.starts_with("delet")), "{states:?}");
    }

    /// The fault is planted. These checks must fail, and no other.
    async fn names(&self, fault: &str, checks: &[&str]) {
        let report = self.look().await;
        assert_eq!(report.failures(), checks, "{fault}\n{report}");
        assert_eq!(report.ended(), Ended::Problem);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_passes_on_a_local_stack_and_names_each_planted_fault() {
    let own = Box::pin(stack::Stack::start(Options::default()))
        .await
        .unwrap_or_else(|error| panic!("{}", chain(&error)));
    let patient = Patient::new(own.coordinates());

    let report = Box::pin(look(&patient.clients, &patient.stack, true)).await;
    assert_eq!((report.failures(), report.ended()), (Vec::new(), Ended::Well), "{report}");
    assert_eq!(report.left_behind, Vec::<String>::new());
    for text in [report.to_string(), serde_json::to_string(&report).unwrap()] {
        assert!(!text.contains(&patient.at.jwt), "the token is shown");
    }
    patient.has_no_upload_of_the_canary().await;
    for check in ONLY_IN_AN_ACCOUNT {
        let finding = report.findings.iter().find(|finding| finding.check == check).unwrap();
        assert!(
            matches!(&finding.verdict, Verdict::CouldNotLook { because } if because.starts_with("local AWS: ")),
            "{check}"
        );
    }
    let passed =
        report.findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Pass { .. })).count();
    assert!(passed >= 44, "{report}");

    Box::pin(in_the_bucket(&patient)).await;
    Box::pin(in_what_the_bucket_allows_removes_and_reports(&patient)).await;
    Box::pin(in_keys_table_and_queues(&patient)).await;
    Box::pin(in_the_functions(&patient)).await;
    Box::pin(in_the_api(&patient)).await;
    Box::pin(for_the_canary(&patient)).await;

    let report = patient.look().await;
    assert_eq!(report.failures(), Vec::<&str>::new(), "every fault was taken back\n{report}");
    own.stop();
}

async fn in_the_bucket(patient: &Patient) {
    let (s3, bucket) = (&patient.clients.s3, patient.at.bucket.as_str());

    for (status, checks) in
        [(BucketVersioningStatus::Suspended, true), (BucketVersioningStatus::Enabled, false)]
    {
        let versioning = VersioningConfiguration::builder().status(status).build();
        s3.put_bucket_versioning().bucket(bucket).versioning_configuration(versioning).send().await.unwrap();
        if checks {
            patient.names("versioning is suspended", &["bucket-versioning"]).await;
        }
    }

    let encrypt = async |algorithm, key: Option<&str>| {
        let default = ServerSideEncryptionByDefault::builder().sse_algorithm(algorithm);
        let default = default.set_kms_master_key_id(key.map(str::to_owned)).build().unwrap();
        let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default);
        let rules =
            ServerSideEncryptionConfiguration::builder().rules(rule.bucket_key_enabled(true).build()).build();
        let request = s3.put_bucket_encryption().bucket(bucket);
        request.server_side_encryption_configuration(rules.unwrap()).send().await.unwrap();
    };
    encrypt(ServerSideEncryption::Aes256, None).await;
    patient.names("S3's own keys encrypt", &["bucket-encryption"]).await;
    encrypt(ServerSideEncryption::AwsKms, Some(&patient.at.link_key_arn)).await;
    patient.names("another key encrypts", &["bucket-encryption"]).await;
    encrypt(ServerSideEncryption::AwsKms, Some(&patient.at.files_key_arn)).await;

    for (ownership, is_fault) in
        [(ObjectOwnership::ObjectWriter, true), (ObjectOwnership::BucketOwnerEnforced, false)]
    {
        let rule = OwnershipControlsRule::builder().object_ownership(ownership).build().unwrap();
        let controls = OwnershipControls::builder().rules(rule).build().unwrap();
        s3.put_bucket_ownership_controls().bucket(bucket).ownership_controls(controls).send().await.unwrap();
        if is_fault {
            patient.names("ACLs count", &["bucket-ownership"]).await;
        }
    }

    for blocks in [false, true] {
        let block =
            PublicAccessBlockConfiguration::builder().block_public_acls(true).ignore_public_acls(true);
        let block = block.block_public_policy(blocks).restrict_public_buckets(blocks).build();
        s3.put_public_access_block()
            .bucket(bucket)
            .public_access_block_configuration(block)
            .send()
            .await
            .unwrap();
        if !blocks {
            patient.names("public policies are allowed", &["bucket-public-access"]).await;
        }
    }

    let policy = s3.get_bucket_policy().bucket(bucket).send().await.unwrap().policy.unwrap();
    let mut weaker: Value = serde_json::from_str(&policy).unwrap();
    let statements = weaker["Statement"].as_array_mut().unwrap();
    statements.retain(|statement| statement["Sid"] != "OnlyTheUploadSignerPutsFiles");
    s3.put_bucket_policy().bucket(bucket).policy(weaker.to_string()).send().await.unwrap();
    patient.names("every role with a broad policy may write", &["bucket-policy"]).await;
    let older = policy.replace("\"900000\"", "\"604800000\"");
    assert!(older != policy);
    s3.put_bucket_policy().bucket(bucket).policy(older).send().await.unwrap();
    patient.names("signatures may be a week old", &["signature-age"]).await;
    s3.put_bucket_policy().bucket(bucket).policy(policy).send().await.unwrap();
}

async fn in_what_the_bucket_allows_removes_and_reports(patient: &Patient) {
    let (s3, bucket) = (&patient.clients.s3, patient.at.bucket.as_str());
    let cors = s3.get_bucket_cors().bucket(bucket).send().await.unwrap().cors_rules.unwrap();
    let put = async |rules: Vec<CorsRule>| {
        let rules = CorsConfiguration::builder().set_cors_rules(Some(rules)).build().unwrap();
        s3.put_bucket_cors().bucket(bucket).cors_configuration(rules).send().await.unwrap();
    };
    let changed = |change: fn(CorsRule) -> CorsRule| -> Vec<CorsRule> {
        let is_uploads = |rule: &CorsRule| rule.allowed_methods.iter().any(|method| method == "POST");
        cors.iter().cloned().map(|rule| if is_uploads(&rule) { change(rule) } else { rule }).collect()
    };
    put(changed(|mut rule| {
        rule.allowed_origins = vec!["https://other.example".to_owned()];
        rule
    }))
    .await;
    patient.names("another origin is allowed", &["bucket-cors", "bucket-preflight"]).await;
    put(changed(|mut rule| {
        rule.expose_headers = None;
        rule
    }))
    .await;
    patient.names("no header is exposed", &["bucket-cors"]).await;
    put(cors.clone()).await;

    let rule = LifecycleRule::builder()
        .id("cheap")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .noncurrent_version_expiration(NoncurrentVersionExpiration::builder().noncurrent_days(30).build());
    let rules = BucketLifecycleConfiguration::builder().rules(rule.build().unwrap()).build().unwrap();
    s3.put_bucket_lifecycle_configuration()
        .bucket(bucket)
        .lifecycle_configuration(rules)
        .send()
        .await
        .unwrap();
    patient.names("old versions expire", &["bucket-lifecycle"]).await;
    s3.delete_bucket_lifecycle().bucket(bucket).send().await.unwrap();

    let told = s3.get_bucket_notification_configuration().bucket(bucket).send().await.unwrap();
    let notify = async |queues| {
        let configuration = NotificationConfiguration::builder().set_queue_configurations(queues).build();
        let request = s3.put_bucket_notification_configuration().bucket(bucket);
        request.notification_configuration(configuration).send().await.unwrap();
    };
    notify(Some(Vec::new())).await;
    patient.names("no event is sent", &["bucket-events"]).await;
    notify(told.queue_configurations).await;
}

async fn in_keys_table_and_queues(patient: &Patient) {
    let (clients, at) = (&patient.clients, &patient.at);
    clients.kms.disable_key().key_id(&at.link_key_arn).send().await.unwrap();
    patient.names("the key of links is disabled", &["keys"]).await;
    clients.kms.enable_key().key_id(&at.link_key_arn).send().await.unwrap();

    for (enabled, attribute) in [(false, "ttl"), (true, "ttl")] {
        let specification =
            TimeToLiveSpecification::builder().enabled(enabled).attribute_name(attribute).build();
        let request = clients.dynamodb.update_time_to_live().table_name(&at.table);
        request.time_to_live_specification(specification.unwrap()).send().await.unwrap();
        if !enabled {
            patient.names("records never expire", &["table-expiry"]).await;
        }
    }

    let sqs = &clients.sqs;
    sqs.send_message().queue_url(&at.dead_letter_queue_url).message_body("{}").send().await.unwrap();
    patient.names("an upload was given up", &["dead-letters"]).await;
    sqs.purge_queue().queue_url(&at.dead_letter_queue_url).send().await.unwrap();

    let attributes =
        sqs.get_queue_attributes().queue_url(&at.queue_url).attribute_names(QueueAttributeName::All);
    let attributes = attributes.send().await.unwrap().attributes.unwrap();
    let set = async |name: &QueueAttributeName, value: String| {
        sqs.set_queue_attributes()
            .queue_url(&at.queue_url)
            .attributes(name.clone(), value)
            .send()
            .await
            .unwrap();
    };
    let redrive = &attributes[&QueueAttributeName::RedrivePolicy];
    let mut hasty: Value = serde_json::from_str(redrive).unwrap();
    hasty["maxReceiveCount"] = json!(1);
    set(&QueueAttributeName::RedrivePolicy, hasty.to_string()).await;
    patient.names("an event is given up at once", &["queue-redrive"]).await;
    set(&QueueAttributeName::RedrivePolicy, redrive.clone()).await;

    let policy = &attributes[&QueueAttributeName::Policy];
    let mut open: Value = serde_json::from_str(policy).unwrap();
    open["Statement"][0]["Principal"] = json!("*");
    set(&QueueAttributeName::Policy, open.to_string()).await;
    patient.names("every principal may send", &["queue-policy"]).await;
    set(&QueueAttributeName::Policy, policy.clone()).await;
}

async fn in_the_functions(patient: &Patient) {
    let (clients, at) = (&patient.clients, &patient.at);
    let lambda = &clients.lambda;
    let serve_link = format!("{}-serve-link", at.name);
    let configured = lambda.get_function_configuration().function_name(&serve_link).send().await.unwrap();
    let variables = configured.environment.unwrap().variables.unwrap();
    let set = async |changes: &[(&str, &str)]| {
        let mut variables = variables.clone();
        variables.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let environment = Environment::builder().set_variables(Some(variables)).build();
        lambda
            .update_function_configuration()
            .function_name(&serve_link)
            .environment(environment)
            .send()
            .await
            .unwrap();
        for _ in 0..100 {
            let now = lambda.get_function_configuration().function_name(&serve_link).send().await.unwrap();
            if now.state.is_some_and(|state| state.as_str() == "Active") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    set(&[("POSTERN_BUCKET", "another-bucket")]).await;
    patient.names("serve-link signs for another bucket", &["function-environment"]).await;
    set(&[("POSTERN_SIGNER_SESSION_S", "899")]).await;
    patient.names("a session ends before its URLs", &["function-settings", "links-answer"]).await;
    set(&[]).await;

    let recorder = format!("{}-record-upload", at.name);
    let mappings = lambda.list_event_source_mappings().function_name(&recorder).send().await.unwrap();
    let mapping = mappings.event_source_mappings.unwrap().into_iter().next().unwrap().uuid.unwrap();
    for enabled in [false, true] {
        lambda.update_event_source_mapping().uuid(&mapping).enabled(enabled).send().await.unwrap();
        if !enabled {
            patient.names("a trigger is switched off", &["function-triggers"]).await;
        }
    }

    let role = at.role_name("serve-link");
    let scan = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "*" } });
    let iam = &clients.iam;
    let request =
        iam.put_role_policy().role_name(&role).policy_name("more").policy_document(scan.to_string());
    request.send().await.unwrap();
    patient.names("serve-link may read the whole table", &["rights"]).await;
    iam.delete_role_policy().role_name(&role).policy_name("more").send().await.unwrap();

    let name = format!("{}-tidy", at.name);
    let schedule = clients.scheduler.get_schedule().name(&name).send().await.unwrap();
    clients.scheduler.delete_schedule().name(&name).send().await.unwrap();
    patient.names("the schedule is gone", &["hourly-run"]).await;
    let again =
        clients.scheduler.create_schedule().name(&name).set_schedule_expression(schedule.schedule_expression);
    let again = again.set_flexible_time_window(schedule.flexible_time_window).set_target(schedule.target);
    again.send().await.unwrap();
}

async fn in_the_api(patient: &Patient) {
    let api = &patient.clients.api_gateway;
    let id = patient.stack.api_id.as_deref().unwrap();
    let routes = api.get_routes().api_id(id).send().await.unwrap().items.unwrap();
    let route = routes.into_iter().find(|route| route.route_key.as_deref() == Some("GET /links")).unwrap();
    let (route, target) = (route.route_id.unwrap(), route.target.unwrap());
    api.delete_route().api_id(id).route_id(route).send().await.unwrap();
    patient.names("a route is gone", &["api-routes"]).await;
    let again =
        api.create_route().api_id(id).route_key("GET /links").target(target).authorization_type("JWT".into());
    let authorizers = api.get_authorizers().api_id(id).send().await.unwrap().items.unwrap();
    let authorizer = authorizers.into_iter().next().unwrap();
    let authorizer_id = authorizer.authorizer_id.unwrap();
    again.authorizer_id(&authorizer_id).send().await.unwrap();

    let jwt = authorizer.jwt_configuration.unwrap();
    for (end, is_fault) in [("/", true), ("", false)] {
        let mut other = jwt.clone();
        other.issuer = other.issuer.map(|issuer| format!("{issuer}{end}"));
        let update =
            api.update_authorizer().api_id(id).authorizer_id(&authorizer_id).jwt_configuration(other);
        update.send().await.unwrap();
        if is_fault {
            patient.names("the authorizer's issuer has a slash more", &["authorizer-discovery"]).await;
        }
    }

    let cors = api.get_api().api_id(id).send().await.unwrap().cors_configuration.unwrap();
    for origins in [Some(vec!["https://other.example".to_owned()]), cors.allow_origins.clone()] {
        let mut changed = cors.clone();
        let is_fault = origins != cors.allow_origins;
        changed.allow_origins = origins;
        api.update_api().api_id(id).cors_configuration(changed).send().await.unwrap();
        if is_fault {
            patient.names("the API allows another origin", &["api-preflight"]).await;
        }
    }
}

/// Faults that only the canary sees.
async fn for_the_canary(patient: &Patient) {
    let mut stack = patient.stack.clone();
    stack.jwt = Some(postern_operate::stack::Secret::new("not.a.token"));
    let report = look(&patient.clients, &stack, true).await;
    assert_eq!(report.failures(), ["canary-upload"], "the token is refused\n{report}");

    // The bucket's policy then refuses every form.
    let s3 = &patient.clients.s3;
    let policy = s3.get_bucket_policy().bucket(&patient.at.bucket).send().await.unwrap().policy.unwrap();
    let mut closed: Value = serde_json::from_str(&policy).unwrap();
    let statement = json!({ "Sid": "Closed", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{}/*", patient.at.bucket) });
    closed["Statement"].as_array_mut().unwrap().push(statement);
    s3.put_bucket_policy().bucket(&patient.at.bucket).policy(closed.to_string()).send().await.unwrap();
    let report = Box::pin(look(&patient.clients, &patient.stack, true)).await;
    assert_eq!(report.failures(), ["canary-upload"], "no form is taken\n{report}");
    assert_eq!(report.left_behind, Vec::<String>::new());
    patient.has_no_upload_of_the_canary().await;
    s3.put_bucket_policy().bucket(&patient.at.bucket).policy(policy).send().await.unwrap();
}

#[tokio::test]
async fn doctor_says_who_may_not_look() {
    let at = &acceptance::shared().coordinates;
    let patient = Patient::new(at);
    let clients = Clients::from_config(at.sdk_config(&at.outsider)).unwrap();
    let report = look(&clients, &patient.stack, false).await;
    let bucket = report.findings.iter().find(|finding| finding.check == "bucket-encryption").unwrap();
    let Verdict::CouldNotLook { because } = &bucket.verdict else { panic!("{bucket:?}") };
    assert_eq!(because, "the caller may not s3:GetEncryptionConfiguration (AccessDenied)");
}
