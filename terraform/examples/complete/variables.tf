variable "region" {
  description = "Region of the stack."
  type        = string
  default     = "eu-central-1"
}

variable "zone_name" {
  description = "Hosted zone of Route 53 below which the API (files.) and the files (cdn.) get their names, for example example.com."
  type        = string
}

variable "app_origin" {
  description = "Origin of the app's pages, to which Cognito leads back after the login, for example https://app.example.com."
  type        = string
}

variable "login_prefix" {
  description = "Prefix of Cognito's login page, unique in the region: https://<prefix>.auth.<region>.amazoncognito.com."
  type        = string
}

variable "alarm_mail" {
  description = "Mail address that alarms are sent to."
  type        = string
}

variable "webhook_url" {
  description = "Receiver of the webhooks, an https address."
  type        = string
}

variable "cloudfront_public_key_file" {
  description = "File with the public half in PEM of the key that signs for CloudFront: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem, then openssl pkey -in key.pem -pubout -out public.pem."
  type        = string
}

variable "cloudfront_signing_key" {
  description = "Null in the first apply; \"a\" once the private half was put into its secret."
  type        = string
  default     = null
}

variable "consumer_zip" {
  description = "Zip of docs/events/consumer.py: see consumer.tf."
  type        = string
  default     = "consumer.zip"
}

variable "architecture" {
  description = "Processor that the packages were built for, as `cargo dev package` said."
  type        = string
  default     = "arm64"
}

variable "packages_dir" {
  description = "Folder with one folder a function, each with its bootstrap.zip. Null takes target/lambda of the repository."
  type        = string
  default     = null
}
