variable "region" {
  description = "Region of the stack."
  type        = string
  default     = "eu-central-1"
}

variable "jwt_issuer" {
  description = "Issuer of your app's tokens, exactly as in their iss claim."
  type        = string
}

variable "jwt_audiences" {
  description = "Audiences that a token must name one of."
  type        = list(string)
}

variable "origins" {
  description = "Origins of the pages that upload. None for servers and native apps alone."
  type        = list(string)
  default     = []
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
