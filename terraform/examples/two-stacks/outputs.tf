output "api_endpoints" {
  description = "Addresses of the APIs, by stack."
  value       = merge({ for name, stack in module.stack : name => stack.api_endpoint }, { "photos abroad" = module.photos_abroad.api_endpoint })
}

output "role_names" {
  description = "Names of all roles, which are unique in the account."
  value       = concat(flatten([for stack in module.stack : values(stack.role_names)]), values(module.photos_abroad.role_names))
}

output "bucket_names" {
  description = "Names of the buckets, by stack."
  value       = merge({ for name, stack in module.stack : name => stack.bucket_name }, { "photos abroad" = module.photos_abroad.bucket_name })
}
