output "api_endpoint" {
  description = "Address of the API and of the links."
  value       = module.postern.api_endpoint
}

output "login" {
  description = "Cognito's login page of the app."
  value       = "https://${aws_cognito_user_pool_domain.people.domain}.auth.${var.region}.amazoncognito.com/login?client_id=${aws_cognito_user_pool_client.app.id}&response_type=code&redirect_uri=${var.app_origin}/"
}

output "secrets_to_fill" {
  description = "Secrets whose values are yours to put in before the second apply: aws secretsmanager put-secret-value --secret-id <arn> --secret-string file://…"
  value       = merge({ webhook = module.postern.webhook_secret_arn }, { for name, arn in module.postern.cloudfront_secret_arns : "cloudfront ${name}" => arn })
}

output "postern" {
  description = "Every output of the module: terraform output -json postern | jq -r .bucket_name"
  value       = module.postern
}
