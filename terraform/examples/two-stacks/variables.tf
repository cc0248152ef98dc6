variable "jwt_issuer" {
  description = "Issuer of your app's tokens, exactly as in their iss claim."
  type        = string
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
