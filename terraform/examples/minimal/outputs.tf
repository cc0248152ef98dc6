output "api_endpoint" {
  description = "Address of the API."
  value       = module.postern.api_endpoint
}

output "event_bus_name" {
  description = "Bus that tells your app what became of its uploads."
  value       = module.postern.event_bus_name
}

output "postern" {
  description = "Every output of the module: terraform output -json postern | jq -r .bucket_name"
  value       = module.postern
}
