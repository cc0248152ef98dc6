//! From an event of the HTTP API to one call of the core, and back.

use std::time::SystemTime;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use postern::aws::lambda::{Metrics, Request};
use postern::aws::{RoleSigner, Table};
use postern::problem::Problem;
use postern::reply::Reply;
use postern::serve::{Ports, Terms, open_link};
use postern::sign::presigned_url::Method;

/// The public door with all that it needs.
pub struct Door {
    pub ports: Ports<Table, RoleSigner>,
    pub terms: Terms,
    pub metrics: Metrics,
}

impl Door {
    /// Answers one request; a problem is an answer too.
    pub async fn answer(&self, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        let request = Request::new(event);
        let result = self.dispatch(&request).await;
        if matches!(result, Err(Problem::TokenForged)) {
            Metrics::count("ForgedTokens");
        }
        self.metrics.flush();
        request.answer(result)
    }

    async fn dispatch(&self, request: &Request) -> Result<Reply, Problem> {
        // Taken before anything is read: it bounds what a revocation leaves alive.
        #[expect(clippy::disallowed_methods, reason = "a request's time is taken here, once")]
        let now = SystemTime::now().into();
        let method = match request.route() {
            "GET /l/{token}" | "GET /l/{token}/{filename}" => Method::Get,
            "HEAD /l/{token}" | "HEAD /l/{token}/{filename}" => Method::Head,
            _ => return Err(Problem::RouteNotFound),
        };
        open_link(&self.ports, &self.terms, now, method, request.path("token")).await
    }
}
