//! From an event of the HTTP API to one call of the core, and back.

use std::time::SystemTime;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use postern::aws::lambda::Request;
use postern::aws::{RoleSigner, Table};
use postern::config::IssueConfig;
use postern::issue::{Caller, Ports, links, revocation, uploads};
use postern::problem::Problem;
use postern::reply::Reply;

/// The API with all that it needs.
pub struct Api {
    pub ports: Ports<Table, RoleSigner>,
    pub config: IssueConfig,
}

impl Api {
    /// Answers one request; a problem is an answer too.
    pub async fn answer(&self, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        let request = Request::new(event);
        let result = self.dispatch(&request).await;
        request.answer(result)
    }

    async fn dispatch(&self, request: &Request) -> Result<Reply, Problem> {
        let (ports, terms) = (&self.ports, &self.config.terms);
        let caller = self.caller(request)?;
        let id = request.path("id");
        let (limit, cursor) = (request.query("limit"), request.query("cursor"));
        match request.route() {
            "POST /uploads" => uploads::create(ports, terms, &caller, &request.body()?).await,
            "GET /uploads" => uploads::list(ports, &caller, limit, cursor).await,
            "GET /uploads/{id}" => uploads::show(ports, &caller, id).await,
            "DELETE /uploads/{id}" => uploads::remove(ports, &caller, id).await,
            "POST /uploads/{id}/links" => links::create(ports, terms, &caller, id, &request.body()?).await,
            "GET /uploads/{id}/links" => links::list(ports, &caller, id, limit, cursor).await,
            "DELETE /uploads/{id}/links" => revocation::revoke_all_to(ports, &caller, id).await,
            "GET /links" => links::list_all(ports, &caller, limit, cursor).await,
            "DELETE /links" => revocation::revoke_all(ports, &caller).await,
            "GET /links/{id}" => links::show(ports, &caller, id).await,
            "PATCH /links/{id}" => links::change(ports, &caller, id, &request.body()?).await,
            "POST /links/{id}/rotate" => links::rotate(ports, terms, &caller, id).await,
            "DELETE /links/{id}" => revocation::revoke(ports, &caller, id).await,
            _ => Err(Problem::RouteNotFound),
        }
    }

    fn caller(&self, request: &Request) -> Result<Caller, Problem> {
        let mut entropy = [0; 16];
        getrandom::fill(&mut entropy).map_err(Problem::internal)?;
        #[expect(clippy::disallowed_methods, reason = "a request's time is taken here, once")]
        let now = SystemTime::now().into();
        let owner = request.owner(&self.config.owner_claim)?;
        Ok(Caller { now, owner, idempotency_key: request.idempotency_key()?, entropy })
    }
}
