"""Rules for the settings of the API. The snapshots have the settings, and these tests give the reasons."""

from __future__ import annotations

import json

import pytest
from rendered import MODULE
from wiring import RUNS, of, whole

DESCRIPTION = json.loads((MODULE / "description.json").read_text(encoding="utf-8"))

# The values that an access log may contain. Paths, queries and headers are not among them, because they may
# contain a token of a link.
LOGGED = {
    "$context.integrationLatency",
    "$context.integrationStatus",
    "$context.requestId",
    "$context.requestTimeEpoch",
    "$context.responseLatency",
    "$context.routeKey",
    "$context.status",
}


@pytest.mark.parametrize("run", RUNS)
def test_each_route_asks_for_what_the_description_says(run):
    routes = of(run, "aws_apigatewayv2_route")
    found = {(r["route_key"], r["authorization_type"], r["target"].removeprefix("integrations/to-")) for r in routes.values()}
    assert found == {(r["key"], r["authorization"], r["function"]) for r in DESCRIPTION["routes"]}


@pytest.mark.parametrize("run", RUNS)
def test_a_route_without_a_jwt_has_a_token_in_its_path_or_serves_the_client(run):
    for route in of(run, "aws_apigatewayv2_route").values():
        path = route["route_key"].split(" ")[-1]
        if route["authorization_type"] == "JWT":
            assert route["authorizer_id"] == "jwt", path
        else:
            is_client = path in ("/postern.js", "/postern/{version}/{file}")
            has_token = path == "/t/{token}" or path.startswith(("/t/{token}/", "/l/{token}", "/l/{proxy+}"))
            assert is_client or has_token or path == "$default", path
            assert "authorizer_id" not in route, path


@pytest.mark.parametrize("run", RUNS)
def test_an_address_that_people_open_answers_head(run):
    """Link checkers and previews ask by HEAD. The routes below an upload token's address are for programs."""
    routes = {r["route_key"]: r["target"] for r in of(run, "aws_apigatewayv2_route").values() if r["authorization_type"] == "NONE"}
    opened = [key for key in routes if key.startswith("GET ") and not key.startswith("GET /t/{token}/")]
    assert {"GET /t/{token}", "GET /postern.js", "GET /l/{token}"} <= set(opened)
    for key in opened:
        assert routes.get(key.replace("GET ", "HEAD ")) == routes[key], key


@pytest.mark.parametrize("run", RUNS)
def test_an_address_without_a_route_goes_to_the_function_with_the_fewest_rights(run):
    (route,) = (r for r in of(run, "aws_apigatewayv2_route").values() if r["route_key"] == "$default")
    assert route["target"] == "integrations/to-serve-link"


@pytest.mark.parametrize("run", RUNS)
def test_the_authorizer_takes_tokens_of_the_issuer_for_the_audience_and_no_other(run):
    (authorizer,) = of(run, "aws_apigatewayv2_authorizer").values()
    assert authorizer["jwt_configuration"] == [{"issuer": "https://login.example.com/", "audience": ["postern"]}]
    assert authorizer["authorizer_type"] == "JWT" and authorizer["identity_sources"] == ["$request.header.Authorization"]


@pytest.mark.parametrize("run", RUNS)
def test_the_access_log_holds_no_path_and_nothing_of_the_client(run):
    (settings,) = whole(run)["aws_apigatewayv2_stage.default"]["access_log_settings"]
    assert set(settings["format"].values()) <= LOGGED
    assert {"$context.requestId", "$context.routeKey", "$context.status"} <= set(settings["format"].values())
    assert settings["destination_arn"].endswith(":log-group:/aws/vendedlogs/postern/api")


@pytest.mark.parametrize("run", RUNS)
def test_each_function_of_a_route_is_invoked_by_our_api_and_by_no_other(run):
    functions = {r["function"] for r in DESCRIPTION["routes"]}
    warm = {address[6:-2] for address in of(run, "aws_lambda_alias")}
    permissions = of(run, "aws_lambda_permission")
    let_in = {(p["function_name"], p.get("qualifier")) for p in permissions.values()}
    assert let_in == {(f"postern-{name}", None) for name in functions} | {(f"postern-{name}", "live") for name in warm}
    for permission in permissions.values():
        assert permission["principal"] == "apigateway.amazonaws.com"
        assert permission["source_arn"] == "arn:aws:execute-api:us-east-1:111122223333:api1/*/*"
        assert permission["action"] == "lambda:InvokeFunction"
    for name, integration in of(run, "aws_apigatewayv2_integration").items():
        assert integration["payload_format_version"] == "2.0" and integration["integration_type"] == "AWS_PROXY", name
        alias = ":live" if name[10:-2] in warm else ""
        assert integration["integration_uri"].endswith(f":function:postern-{name[10:-2]}{alias}/invocations"), name


def test_a_scope_is_asked_of_the_routes_with_a_jwt_where_scopes_are_named():
    assert not any("authorization_scopes" in route for route in of("plain", "aws_apigatewayv2_route").values())
    asked = {r["route_key"]: r.get("authorization_scopes") for r in of("all_options", "aws_apigatewayv2_route").values()}
    jwt = {r["key"] for r in DESCRIPTION["routes"] if r["authorization"] == "JWT"}
    assert asked == {route: ["files/read"] if route == "GET /uploads" else ["files/write"] if route in jwt else None for route in asked}


def test_what_is_kept_warm_is_the_version_that_the_api_calls():
    warm = {c["function_name"]: (c["qualifier"], c["provisioned_concurrent_executions"]) for c in of("all_options", "aws_lambda_provisioned_concurrency_config").values()}
    assert warm == {"postern-issue-upload": ("live", 1), "postern-serve-link": ("live", 2)}
    assert {(a["function_name"], a["function_version"]) for a in of("all_options", "aws_lambda_alias").values()} == {(name, "7") for name in warm}
    published = {f["function_name"] for f in of("all_options", "aws_lambda_function").values() if f["publish"]}
    assert published == set(warm), "only a published version can be kept warm"


@pytest.mark.parametrize("run", RUNS)
def test_the_stage_serves_what_was_planned_and_is_throttled(run):
    stage = whole(run)["aws_apigatewayv2_stage.default"]
    (settings,) = stage["default_route_settings"]
    assert stage["auto_deploy"] is True and stage["name"] == "$default"
    expected = {"all_options": (50, 60)}.get(run, (100, 200))
    assert (settings["throttling_rate_limit"], settings["throttling_burst_limit"]) == expected


def test_a_throttle_of_links_covers_every_route_of_links_and_no_other():
    settings = whole("front")["aws_apigatewayv2_stage.default"]["route_settings"]
    links = {r["key"] for r in DESCRIPTION["routes"] if r["key"].split(" ")[-1].startswith(("/l/", "$default"))}
    assert {s["route_key"] for s in settings} == links
    assert {(s["throttling_rate_limit"], s["throttling_burst_limit"]) for s in settings} == {(7, 9)}


@pytest.mark.parametrize("run", RUNS)
def test_only_the_origins_that_were_named_read_the_api(run):
    (cors,) = whole(run)["aws_apigatewayv2_api.main"]["cors_configuration"]
    assert cors["allow_origins"] == ["https://app.example.com"]
    assert not cors.get("allow_credentials")
    assert set(cors["allow_headers"]) == set(DESCRIPTION["api_cors"]["allow_headers"])
    assert set(cors["allow_methods"]) == set(DESCRIPTION["api_cors"]["allow_methods"])
    assert set(cors["expose_headers"]) == set(DESCRIPTION["api_cors"]["expose_headers"])


def test_with_a_custom_domain_the_default_endpoint_is_disabled():
    assert whole("plain")["aws_apigatewayv2_api.main"]["disable_execute_api_endpoint"] is False
    assert whole("front")["aws_apigatewayv2_api.main"]["disable_execute_api_endpoint"] is True
    (domain,) = of("front", "aws_apigatewayv2_domain_name").values()
    assert domain["domain_name_configuration"][0]["security_policy"] == "TLS_1_2"
    (mapping,) = of("front", "aws_apigatewayv2_api_mapping").values()
    assert mapping == {"api_id": "api1", "domain_name": "files.example.com", "stage": "$default"}
