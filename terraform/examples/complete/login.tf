# The login. An access token of Cognito has its client in client_id, which API Gateway takes as the audience.
# Its sub is the user, who owns what the request creates.

resource "aws_cognito_user_pool" "people" {
  name                     = "postern-people"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  deletion_protection      = "ACTIVE"
}

resource "aws_cognito_user_pool_domain" "people" {
  domain       = var.login_prefix
  user_pool_id = aws_cognito_user_pool.people.id
}

# The scopes that jwt_scopes demands.
resource "aws_cognito_resource_server" "files" {
  identifier   = "files"
  name         = "Files"
  user_pool_id = aws_cognito_user_pool.people.id

  scope {
    scope_name        = "read"
    scope_description = "See uploads and links"
  }

  scope {
    scope_name        = "write"
    scope_description = "Upload files, and make and revoke links"
  }
}

resource "aws_cognito_user_pool_client" "app" {
  name                                 = "app"
  user_pool_id                         = aws_cognito_user_pool.people.id
  generate_secret                      = false
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = concat(["openid"], aws_cognito_resource_server.files.scope_identifiers)
  supported_identity_providers         = ["COGNITO"]
  callback_urls                        = ["${var.app_origin}/"]
  prevent_user_existence_errors        = "ENABLED"
}
