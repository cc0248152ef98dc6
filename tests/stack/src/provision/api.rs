//! The HTTP API: its CORS, the authorizer, and the description's routes.

use std::collections::BTreeMap;

use aws_sdk_apigatewayv2::types::{
    AuthorizationType, AuthorizerType, Cors, IntegrationType, JwtConfiguration, ProtocolType,
};
use futures::future::try_join_all;

use super::{NAME, ProvisionError, Step};
use crate::{
    clients::Clients,
    description::{Authorization, Description},
};

const STAGE: &str = "$default";

#[derive(Debug)]
pub(super) struct Api {
    id: String,
    authorizer_id: String,
}

pub(super) async fn create(
    clients: &Clients,
    description: &Description,
    origins: &[String],
    issuer_url: &str,
    audience: &str,
) -> Result<Api, ProvisionError> {
    const STEP: &str = "create the API";
    let cors = &description.api_cors;
    let created = clients
        .api_gateway
        .create_api()
        .name(NAME)
        .protocol_type(ProtocolType::Http)
        .cors_configuration(
            Cors::builder()
                .set_allow_origins(Some(origins.to_vec()))
                .set_allow_methods(Some(cors.allow_methods.clone()))
                .set_allow_headers(Some(cors.allow_headers.clone()))
                .set_expose_headers(Some(cors.expose_headers.clone()))
                .max_age(cors.max_age_s)
                .build(),
        )
        .send()
        .await
        .step(STEP)?;
    let id = created.api_id.step(STEP)?;
    let authorizer = clients
        .api_gateway
        .create_authorizer()
        .api_id(&id)
        .name("jwt")
        .authorizer_type(AuthorizerType::Jwt)
        .identity_source("$request.header.Authorization")
        .jwt_configuration(JwtConfiguration::builder().issuer(issuer_url).audience(audience).build())
        .send();
    let stage = clients.api_gateway.create_stage().api_id(&id).stage_name(STAGE).auto_deploy(true).send();
    let (authorizer, stage) = tokio::join!(authorizer, stage);
    stage.step("create the API's stage")?;
    let authorizer_id =
        authorizer.step("create the authorizer")?.authorizer_id.step("create the authorizer")?;
    Ok(Api { id, authorizer_id })
}

impl Api {
    /// Returns the URL at which the emulator serves the API, because AWS's host names do not resolve here.
    pub(super) fn url(&self, endpoint: &str) -> String {
        format!("{endpoint}/_aws/execute-api/{}/{STAGE}", self.id)
    }

    /// Creates the routes of the description, and an integration for each function.
    pub(super) async fn route(
        &self,
        clients: &Clients,
        description: &Description,
        function_arns: &BTreeMap<String, String>,
        account: &str,
        region: &str,
    ) -> Result<(), ProvisionError> {
        let mut called: Vec<&str> = description.routes.iter().map(|route| route.function.as_str()).collect();
        called.sort_unstable();
        called.dedup();
        let source_arn = &format!("arn:aws:execute-api:{region}:{account}:{}/*/*", self.id);
        let integrations = called.into_iter().map(|function| async move {
            let arn = function_arns.get(function).step(format!("find the function {function}"))?;
            let integration_id = self.integrate(clients, function, arn, source_arn).await?;
            Ok::<_, ProvisionError>((function, integration_id))
        });
        let integrations: BTreeMap<&str, String> = try_join_all(integrations).await?.into_iter().collect();
        let routes = description.routes.iter().map(|route| async {
            let step = format!("create the route {}", route.key);
            let integration_id = integrations.get(route.function.as_str()).step(&step)?;
            let request = clients
                .api_gateway
                .create_route()
                .api_id(&self.id)
                .route_key(&route.key)
                .target(format!("integrations/{integration_id}"));
            let request = match route.authorization {
                Authorization::Jwt => {
                    request.authorization_type(AuthorizationType::Jwt).authorizer_id(&self.authorizer_id)
                }
                Authorization::None => request.authorization_type(AuthorizationType::None),
            };
            request.send().await.step(&step)
        });
        try_join_all(routes).await?;
        Ok(())
    }

    async fn integrate(
        &self,
        clients: &Clients,
        function: &str,
        function_arn: &str,
        source_arn: &str,
    ) -> Result<String, ProvisionError> {
        let step = format!("allow the API to invoke {function}");
        let permission = clients
            .lambda
            .add_permission()
            .function_name(format!("{NAME}-{function}"))
            .statement_id("TheApiCalls")
            .action("lambda:InvokeFunction")
            .principal("apigateway.amazonaws.com")
            .source_arn(source_arn)
            .send();
        let integration = clients
            .api_gateway
            .create_integration()
            .api_id(&self.id)
            .integration_type(IntegrationType::AwsProxy)
            .integration_uri(function_arn)
            .payload_format_version("2.0")
            .send();
        let (permission, integration) = tokio::join!(permission, integration);
        permission.step(&step)?;
        integration.step(&step)?.integration_id.step(&step)
    }
}
