# ── Names and addresses ──────────────────────────────────────────────────────────────────────────

variable "name" {
  description = "Prefix of every name in the stack: 3 to 28 lower-case letters, digits and hyphens. Two stacks of one account and region need two names. It cannot be changed later."
  type        = string
  default     = "postern"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}[a-z0-9]$", var.name))
    error_message = "Write 3 to 28 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen, for example \"postern\"."
  }
}

variable "bucket_name" {
  description = "Name of the bucket that holds the files: 3 to 63 lower-case letters, digits and hyphens. Null makes one from name, account and region. It cannot be changed later."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "Write 3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit. A dot is not allowed, because S3's certificate does not match the host name of such a bucket."
  }
}

variable "origins" {
  description = "Origins whose pages may call the API and post files, for example [\"https://app.example.com\"]. Without any the API has no CORS, and the bucket lets pages of other origins only read: only servers, native apps and the page of an upload token can then upload."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.origins : can(regex("^(https://[a-z0-9.-]+(:[0-9]+)?|http://(localhost|127\\.0\\.0\\.1)(:[0-9]+)?)$", origin))])
    error_message = "Write each origin as scheme and host without a path or a final slash, for example \"https://app.example.com\". Plain http is for localhost and 127.0.0.1 only. \"*\" is not allowed, because any page could then use its visitor's token."
  }
}

variable "custom_domain" {
  description = "Domain under which the API and the links answer. name: the host name. certificate_arn: its certificate in the stack's region. New links begin with the domain. Earlier links keep the API's own address, which execute_api_endpoint leaves on. Another name, or none, ends the links under this one. route53_zone (null): the hosted zone, by its id, in which the module makes the domain's alias records; an object, so that the zone may be made in the same apply. Without it, point the domain at the output custom_domain_target."
  type = object({
    name            = string
    certificate_arn = string
    route53_zone    = optional(object({ id = string }))
  })
  default = null

  validation {
    condition     = var.custom_domain == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.custom_domain.name))
    error_message = "Write custom_domain.name as a host name in lower case, without https:// and without a path, for example \"files.example.com\"."
  }

  validation {
    condition     = var.custom_domain == null || can(regex("^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$", var.custom_domain.certificate_arn))
    error_message = "Write custom_domain.certificate_arn as the ARN of a certificate of AWS Certificate Manager in the stack's region, \"arn:aws:acm:<region>:<account>:certificate/<id>\"."
  }

  validation {
    condition     = try(var.custom_domain.route53_zone, null) == null || can(regex("^Z[A-Z0-9]{1,31}$", var.custom_domain.route53_zone.id))
    error_message = "Write custom_domain.route53_zone.id as the id of a hosted zone, for example \"Z0123456789ABCDEFGHIJ\"."
  }
}

variable "execute_api_endpoint" {
  description = "Whether the API also answers under its own address (execute-api). Links that were issued under that address open only while it answers. So it stays on beside a custom_domain until you set false. front needs false."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.execute_api_endpoint || var.custom_domain != null
    error_message = "execute_api_endpoint = false needs custom_domain: the API would have no address otherwise."
  }
}

variable "front" {
  description = "CloudFront in front of the API and the links, under custom_domain. It is the one place where a web ACL can be attached. certificate_arn: the domain's certificate in us-east-1. web_acl_arn (null): a web ACL of yours with the scope CLOUDFRONT. price_class (PriceClass_All): the edges that answer; PriceClass_200 and PriceClass_100 are fewer and cheaper. Point the domain at the output custom_domain_target, which is then the distribution's."
  type = object({
    certificate_arn = string
    web_acl_arn     = optional(string)
    price_class     = optional(string, "PriceClass_All")
  })
  default = null

  validation {
    condition     = var.front == null || var.custom_domain != null
    error_message = "front needs custom_domain: the distribution answers under that name."
  }

  validation {
    condition     = var.front == null || !var.execute_api_endpoint
    error_message = "front needs execute_api_endpoint = false: requests to the API's own address would not pass the web ACL, and could name any network as theirs (allowed_network). Links that were issued under that address end with it."
  }

  validation {
    condition     = var.front == null || can(regex("^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/.+$", var.front.certificate_arn))
    error_message = "Write front.certificate_arn as the ARN of a certificate in us-east-1, the only region that CloudFront uses, \"arn:aws:acm:us-east-1:<account>:certificate/<id>\"."
  }

  validation {
    condition     = try(var.front.web_acl_arn, null) == null || can(regex("^arn:aws[a-z-]*:wafv2:us-east-1:[0-9]{12}:global/webacl/.+$", var.front.web_acl_arn))
    error_message = "Write front.web_acl_arn as the ARN of a web ACL of WAFv2 with the scope CLOUDFRONT (made in us-east-1), \"arn:aws:wafv2:us-east-1:<account>:global/webacl/<name>/<id>\"."
  }

  validation {
    condition     = var.front == null || try(contains(["PriceClass_All", "PriceClass_200", "PriceClass_100"], var.front.price_class), false)
    error_message = "Write front.price_class as \"PriceClass_All\", \"PriceClass_200\" or \"PriceClass_100\"."
  }
}

variable "link_base_url" {
  description = "Address that links begin with, where something of yours such as a CloudFront distribution is in front of the API. Null takes the custom domain, or else the API's own address."
  type        = string
  default     = null

  # A loopback address is allowed for the local AWS only.
  validation {
    condition     = var.link_base_url == null || can(regex("^(https://[a-z0-9.-]+(:[0-9]+)?|http://127\\.0\\.0\\.1:[0-9]+)(/[^?#[:space:]]*)?$", var.link_base_url)) && !endswith(coalesce(var.link_base_url, "-"), "/")
    error_message = "Write an https address with its host in lower case, without a query and without a final slash, for example \"https://files.example.com\"."
  }
}

# ── Authorization ────────────────────────────────────────────────────────────────────────────────

variable "jwt_issuer" {
  description = "Issuer of the tokens that the management routes accept, exactly as in the tokens' iss claim. API Gateway reads its keys from <issuer>/.well-known/openid-configuration."
  type        = string
  nullable    = false

  # A loopback address is allowed for the local AWS only: API Gateway refuses an issuer without https.
  validation {
    condition     = can(regex("^(https://[^/?#[:space:]]+|http://127\\.0\\.0\\.1:[0-9]+)(/[^?#[:space:]]*)?$", var.jwt_issuer))
    error_message = "Write the issuer as an https address, for example \"https://login.example.com/\", with or without the final slash exactly as the iss claim has it."
  }
}

variable "jwt_audiences" {
  description = "Audiences (or client ids). A token must name one of them in its claim aud (or client_id)."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.jwt_audiences) > 0 && alltrue([for audience in var.jwt_audiences : trimspace(audience) != ""])
    error_message = "Write at least one audience, as it stands in the tokens' aud (or client_id) claim. Without one, a token that the issuer made for any other app would be accepted."
  }
}

variable "owner_claim" {
  description = "Claim of the token that, together with its issuer, names the owner of what a request makes. For machine tokens choose a claim that names the person or tenant: otherwise all users of an app are one owner."
  type        = string
  default     = "sub"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_:/.-]{1,128}$", var.owner_claim))
    error_message = "Write the name of one claim, for example \"sub\" or \"https://example.com/tenant\": letters, digits and _ : / . - only."
  }
}

variable "jwt_scopes" {
  description = "Scopes by route key as in description.json, for example { \"POST /uploads\" = [\"files/write\"] }. A token must have one scope of the list, or API Gateway answers 403. \"*\" is every route with a JWT that is not named. An empty list asks for none. API Gateway reads the claims scope and scp."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.jwt_scopes), concat(["*"], [for route in local.description.routes : route.key if route.authorization == "JWT"]))) == 0
    error_message = "Write the keys of jwt_scopes as \"*\" or as routes with a JWT: \"${join("\", \"", [for route in local.description.routes : route.key if route.authorization == "JWT"])}\". Routes under /l/ and /t/ have their token in the path and take no JWT."
  }

  validation {
    condition     = alltrue([for scope in flatten(values(var.jwt_scopes)) : can(regex("^[!#-\\[\\]-~]{1,256}$", scope))])
    error_message = "Write each scope as one word without spaces, quotes and backslashes, for example \"files/write\"."
  }
}

# ── Lifetimes and limits ─────────────────────────────────────────────────────────────────────────

variable "signer_session_s" {
  description = "Life of the sessions in which the signer roles sign, in seconds: 900 to 3600. No form and no URL outlives the session that signed it."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.signer_session_s >= 900 && var.signer_session_s <= 3600 && floor(var.signer_session_s) == var.signer_session_s
    error_message = "Write a whole number of seconds from 900 (the least that STS allows) to 3600 (the most that STS allows a role that another role assumes)."
  }
}

variable "form_ttl_s" {
  description = "Life of an upload form and of the URLs of a multipart upload, in seconds: 60 to 3600, and at most signer_session_s. The bucket's policy refuses older signatures."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.form_ttl_s >= 60 && var.form_ttl_s <= 3600 && floor(var.form_ttl_s) == var.form_ttl_s
    error_message = "Write a whole number of seconds from 60 to 3600."
  }

  validation {
    condition     = var.form_ttl_s <= var.signer_session_s
    error_message = "A form expires with the session that signed it: write a form_ttl_s that is not above signer_session_s, or raise signer_session_s (3600 at most)."
  }
}

variable "link_url_ttl_s" {
  description = "Shortest life of the URL to which a link redirects, in seconds: 5 to link_url_ttl_max_s. By default a URL lives for this time plus the time that the file takes at 2 Mbit/s, at most for link_url_ttl_max_s; a link may state its own url_ttl_s in between. For that long a URL still opens the file after its link was revoked. A stack whose URLs all live for 60 seconds sets both variables to 60."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.link_url_ttl_s >= 5 && floor(var.link_url_ttl_s) == var.link_url_ttl_s
    error_message = "Write a whole number of seconds, 5 or more: a slow client could not follow the redirect within a shorter life."
  }

  validation {
    condition     = var.link_url_ttl_s <= var.link_url_ttl_max_s
    error_message = "The shortest life of a URL must not be above the longest: write a link_url_ttl_s that is not above link_url_ttl_max_s, or raise link_url_ttl_max_s (up to signer_session_s)."
  }
}

variable "link_url_ttl_max_s" {
  description = "Longest life of the URL to which a link redirects, in seconds: link_url_ttl_s to signer_session_s. It bounds how long a URL can open the file after its link was revoked. The bucket's policy refuses older signatures. Each answer about a link states the bound of that link (dead_within_s)."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.link_url_ttl_max_s >= 5 && floor(var.link_url_ttl_max_s) == var.link_url_ttl_max_s
    error_message = "Write a whole number of seconds that is not below link_url_ttl_s."
  }

  validation {
    condition     = var.link_url_ttl_max_s <= var.signer_session_s
    error_message = "A URL expires with the session that signed it: write a link_url_ttl_max_s that is not above signer_session_s, or raise signer_session_s (3600 at most)."
  }
}

variable "link_check_object" {
  description = "Whether serve-link asks S3 for the version before it redirects. The visitor of a link whose file was removed from the bucket then gets a page (410) instead of S3's error. It costs one more call that waits for each opening, and two where the link counts openings."
  type        = bool
  default     = false
  nullable    = false
}

variable "link_page" {
  description = "When a browser that opens a link gets a page with the file's name, size and content: auto (where browsers show the file), always (where they save it too) or never (links redirect). A link's own term page overrides it."
  type        = string
  default     = "auto"
  nullable    = false

  validation {
    condition     = contains(["auto", "always", "never"], var.link_page)
    error_message = "Write auto, always or never."
  }
}

variable "brand" {
  description = "What the pages of links and of upload tokens show of you. name (null): 1 to 60 characters. logo_svg (null): the text of an SVG image, at most 2048 bytes, without scripts, event handlers and addresses. logo_url (null), in place of logo_svg: an https URL, whose origin the pages' policy then allows for images. color (null): the color of the buttons, as #rrggbb. All variables of a function share 4 KB."
  type = object({
    name     = optional(string)
    logo_svg = optional(string)
    logo_url = optional(string)
    color    = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.brand.name == null || can(regex("^[^[:cntrl:]]{1,60}$", coalesce(var.brand.name, "-")))
    error_message = "Write a name of 1 to 60 characters, without control characters."
  }

  validation {
    condition     = var.brand.logo_svg == null || var.brand.logo_url == null
    error_message = "Give logo_svg or logo_url, not both."
  }

  validation {
    condition     = var.brand.logo_svg == null || (can(regex("^\\s*<svg[\\s\\S]*</svg>\\s*$", lower(coalesce(var.brand.logo_svg, "-")))) && length(coalesce(var.brand.logo_svg, "-")) <= 2048 && !can(regex("<(script|foreignobject|iframe|use|image|[!?])|javascript:|@import|on[a-z]+\\s*=|(href|src)\\s*=|url\\(\\s*(['\"]|http|//|data)", lower(coalesce(var.brand.logo_svg, "-")))))
    error_message = "Write one <svg> element of at most 2048 bytes, without scripts, event handlers, foreign objects, entities and addresses of other files."
  }

  validation {
    condition     = var.brand.logo_url == null || (can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?([/?#][!#-&(-+./0-:=?-~-]*)?$", coalesce(var.brand.logo_url, "-"))) && length(coalesce(var.brand.logo_url, "-")) <= 512)
    error_message = "Write an https URL of at most 512 bytes, without spaces, quotes, commas and semicolons."
  }

  validation {
    condition     = var.brand.color == null || can(regex("^#[0-9A-Fa-f]{6}$", coalesce(var.brand.color, "-")))
    error_message = "Write # and six hexadecimal digits."
  }
}

variable "link_track" {
  description = "Whether links track their openings unless their owner says otherwise (the term track): each opening is counted, and the app gets the event Link Opened with the recipient, the time and the kind of client. These are personal data."
  type        = bool
  default     = false
  nullable    = false
}

variable "track_network" {
  description = "How much of a visitor's address a tracked opening keeps and tells: none, prefix (the first 24 bits of an IPv4 address, the first 48 of an IPv6 one) or full. With front, prefix and full keep the country too. With prefix and full, an opening of a link that counts and does not track costs one write more."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["none", "prefix", "full"], var.track_network)
    error_message = "Write track_network as none, prefix or full."
  }
}

variable "allowed_types" {
  description = "Media types that an upload may declare, as image/png, image/* or */*. The API refuses a request that declares another type, and the recorder rejects such a file. The file's bytes must be of the declared type in any case. Upload tokens can allow fewer types."
  type        = list(string)
  default     = ["*/*"]
  nullable    = false

  validation {
    condition     = length(var.allowed_types) > 0 && alltrue([for type in var.allowed_types : can(regex("^(\\*/\\*|[a-z]+/(\\*|[a-z0-9][a-z0-9!#$&^_.+-]*))$", type))])
    error_message = "Write at least one type in lower case, without parameters: \"image/png\", \"image/*\" or \"*/*\"."
  }
}

variable "max_image_pixels" {
  description = "Most pixels that an image may have by its header: 1 to 1000000000000. It rejects images of a few kilobytes that would fill the memory of the program that opens them. Null sets no limit."
  type        = number
  default     = null

  validation {
    condition     = var.max_image_pixels == null || (coalesce(var.max_image_pixels, 1) >= 1 && coalesce(var.max_image_pixels, 1) <= 1000000000000 && floor(coalesce(var.max_image_pixels, 1)) == coalesce(var.max_image_pixels, 1))
    error_message = "Write a whole number of pixels from 1 to 1000000000000, for example 100000000, or null."
  }
}

variable "max_size_bytes" {
  description = "Largest file in bytes: 1 to 53687091200000. S3 takes at most 5 GiB in one request; a larger file must be uploaded in parts."
  type        = number
  default     = 1073741824
  nullable    = false

  validation {
    condition     = var.max_size_bytes >= 1 && var.max_size_bytes <= 53687091200000 && floor(var.max_size_bytes) == var.max_size_bytes
    error_message = "Write a whole number of bytes from 1 to 53687091200000 (10,000 parts of 5 GiB, the largest object of S3)."
  }
}

variable "owner_pending_uploads" {
  description = "Uploads of one owner that may be pending at the same time: 1 to 100. Null sets no limit. They are counted in the transaction that makes an upload, so two concurrent requests cannot both take the last place."
  type        = number
  default     = null

  validation {
    condition     = var.owner_pending_uploads == null ? true : var.owner_pending_uploads >= 1 && var.owner_pending_uploads <= 100 && floor(var.owner_pending_uploads) == var.owner_pending_uploads
    error_message = "Write a whole number from 1 to 100, or leave it out for no limit."
  }
}

variable "owner_bytes_per_day" {
  description = "Bytes that the uploads of one owner may reserve in a day (UTC), 1 or more. Each upload reserves the largest size that its form allows. Null sets no limit."
  type        = number
  default     = null

  validation {
    condition     = var.owner_bytes_per_day == null ? true : var.owner_bytes_per_day >= 1 && floor(var.owner_bytes_per_day) == var.owner_bytes_per_day
    error_message = "Write a whole number of bytes, 1 or more, or leave it out for no limit."
  }
}

variable "redirect_origins" {
  description = "Origins to which an HTML form may redirect its browser after the upload (success_action_redirect), for example [\"https://app.example.com\"]. Without any, no form redirects."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.redirect_origins : can(regex("^(https://[a-z0-9.-]+(:[0-9]+)?|http://(localhost|127\\.0\\.0\\.1)(:[0-9]+)?)$", origin)) && !endswith(origin, ":443") && !endswith(origin, ":80")])
    error_message = "Write each origin as a scheme and host in lower case, without a path or the scheme's own port: https://app.example.com. Plain http is for localhost and 127.0.0.1 only."
  }
}

variable "throttling" {
  description = "Requests that the API passes to the functions; further ones get 429. It limits what a flood can cost. rate (100): requests a second, 1 or more. burst (200): requests at the same moment, 1 or more."
  type = object({
    rate  = optional(number, 100)
    burst = optional(number, 200)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttling.rate >= 1 && var.throttling.burst >= 1 && floor(var.throttling.burst) == var.throttling.burst
    error_message = "Write a rate of at least 1 request a second and a whole burst of at least 1. Zero would close the API."
  }
}

variable "link_throttling" {
  description = "The same limit for the routes that open links, which anyone can call. It holds for each route separately. Both members are needed: rate, in requests a second, and burst, in requests at the same moment, for example { rate = 50, burst = 100 }. Null applies throttling to them."
  type = object({
    rate  = number
    burst = number
  })
  default = null

  validation {
    condition     = var.link_throttling == null || try(var.link_throttling.rate >= 1 && var.link_throttling.burst >= 1 && floor(var.link_throttling.burst) == var.link_throttling.burst, false)
    error_message = "Write a rate of at least 1 request a second and a whole burst of at least 1. Zero would close the links."
  }
}

# ── The functions ────────────────────────────────────────────────────────────────────────────────

variable "architecture" {
  description = "Processor for which the functions were built: arm64 or x86_64. A function whose package was built for the other one does not start."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Write \"arm64\" or \"x86_64\", whichever the packages were built for."
  }
}

variable "packages_dir" {
  description = "Folder that holds <function>/bootstrap.zip for each function. Null takes target/lambda of this repository, where `cargo dev package` puts them."
  type        = string
  default     = null
}

variable "packages" {
  description = "Paths of the zips of single functions, by function name, in place of those in packages_dir."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.packages) : contains(["issue-upload", "record-upload", "send-webhook", "serve-link"], name)])
    error_message = "Write the keys of packages as names of functions: \"issue-upload\", \"record-upload\", \"send-webhook\" or \"serve-link\"."
  }
}

variable "packages_s3" {
  description = "Bucket that holds the packages, so that no zip is needed on the planning machine. bucket: its name, in the stack's region. objects: by function name, the key of the zip; version_id (null): its version; sha256 (null): the zip's SHA-256 in base64. Under a key that stays the same, give one of the two: otherwise Terraform does not notice a new zip. The applying principal needs s3:GetObject (with version_id s3:GetObjectVersion) on them. Functions that are not listed come from packages or packages_dir."
  type = object({
    bucket = string
    objects = map(object({
      key        = string
      version_id = optional(string)
      sha256     = optional(string)
    }))
  })
  default = null

  validation {
    condition     = var.packages_s3 == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.packages_s3.bucket))
    error_message = "Write packages_s3.bucket as the name of a bucket (not an ARN), for example \"my-packages\"."
  }

  validation {
    condition     = var.packages_s3 == null || try(length(var.packages_s3.objects) > 0 && alltrue([for name, object in var.packages_s3.objects : contains(["issue-upload", "record-upload", "send-webhook", "serve-link"], name) && length(object.key) > 0 && !startswith(object.key, "/")]), false)
    error_message = "Write packages_s3.objects with keys of zips (without a slash at the beginning) under \"issue-upload\", \"record-upload\", \"send-webhook\" or \"serve-link\"."
  }

  validation {
    condition     = var.packages_s3 == null || try(alltrue([for object in values(var.packages_s3.objects) : object.sha256 == null || can(regex("^[A-Za-z0-9+/]{43}=$", object.sha256))]), false)
    error_message = "Write packages_s3.objects[…].sha256 as 44 characters of base64, as `openssl dgst -sha256 -binary bootstrap.zip | base64` writes it."
  }

  validation {
    condition     = var.packages_s3 == null || length(setintersection(keys(var.packages), keys(try(var.packages_s3.objects, {})))) == 0
    error_message = "Name the zip of a function in packages or in packages_s3, not in both."
  }
}

variable "memory_mb" {
  description = "Memory of single functions in MB, by function name: 128 to 10240. Processor time is in proportion."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, mb in var.memory_mb : contains(["issue-upload", "record-upload", "send-webhook", "serve-link"], name) && mb >= 128 && mb <= 10240 && floor(mb) == mb])
    error_message = "Write whole numbers of MB from 128 to 10240 under \"issue-upload\", \"record-upload\", \"send-webhook\" or \"serve-link\"."
  }
}

variable "reserved_concurrency" {
  description = "Executions that are reserved for single functions, by function name: 1 or more. None are by default, because 100 of an account must stay unreserved and a new account has few."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, count in var.reserved_concurrency : contains(["issue-upload", "record-upload", "send-webhook", "serve-link"], name) && count >= 1 && floor(count) == count])
    error_message = "Write whole numbers of executions, 1 or more, under \"issue-upload\", \"record-upload\", \"send-webhook\" or \"serve-link\". Leave a function out to reserve none; zero would switch it off."
  }
}

variable "provisioned_concurrency" {
  description = "Executions that are kept warm, by function name: 1 or more for issue-upload or serve-link. Such a function gets published versions and the alias \"live\", which the API then calls. Each execution costs by the hour whether it is used or not. None are by default."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, count in var.provisioned_concurrency : contains(["issue-upload", "serve-link"], name) && count >= 1 && floor(count) == count])
    error_message = "Write whole numbers of executions, 1 or more, under \"issue-upload\" or \"serve-link\"; no client waits for the other functions. Leave a function out to keep none warm."
  }

  validation {
    condition     = alltrue([for name, count in var.provisioned_concurrency : count <= lookup(var.reserved_concurrency, name, count)])
    error_message = "Provisioned executions are part of the reserved ones: write at most as many as reserved_concurrency has for that function, or reserve more."
  }
}

variable "tracing" {
  description = "Whether the functions send traces to X-Ray (Active). Each function's role then gets two rights on every resource, because X-Ray knows no narrower one. X-Ray charges for each trace."
  type        = bool
  default     = false
  nullable    = false
}

variable "recorder_concurrency" {
  description = "Most concurrent executions of record-upload for the queue: 2 to 1000. Null sets no limit of its own."
  type        = number
  default     = null

  validation {
    condition     = var.recorder_concurrency == null ? true : var.recorder_concurrency >= 2 && var.recorder_concurrency <= 1000 && floor(var.recorder_concurrency) == var.recorder_concurrency
    error_message = "Write a whole number from 2 to 1000, the range that an event source mapping takes, or null."
  }
}

variable "log_retention_days" {
  description = "Days for which the logs are kept: a value that CloudWatch Logs knows, for example 30, 90, 365 or 3653. 0 keeps them for ever."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "Write a retention that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days, or 0 for ever."
  }
}

# ── Keys ─────────────────────────────────────────────────────────────────────────────────────────

variable "link_key_versions" {
  description = "Versions of the key behind link tokens: whole numbers, 1 to 127. The highest version signs new links, and every version opens its own. To rotate, add the next number. To end every link of a version, take its number away. A number that was taken away must not come back: its key is another one then, and its old links stay dead."
  type        = set(number)
  default     = [1]
  nullable    = false

  validation {
    condition     = length(var.link_key_versions) > 0 && alltrue([for version in var.link_key_versions : version >= 1 && version <= 127 && floor(version) == version])
    error_message = "Write at least one whole number from 1 to 127 (a token has seven bits for it), for example [1], or [1, 2] once the key has been rotated."
  }
}

variable "upload_token_key_versions" {
  description = "Versions of the key behind upload tokens, which only issue-upload may use: whole numbers, 1 to 127. The highest version seals new tokens, and every version opens its own. To rotate, add the next number. To end every token of a version, take its number away. A number that was taken away must not come back: its key is another one then."
  type        = set(number)
  default     = [1]
  nullable    = false

  validation {
    condition     = length(var.upload_token_key_versions) > 0 && alltrue([for version in var.upload_token_key_versions : version >= 1 && version <= 127 && floor(version) == version])
    error_message = "Write at least one whole number from 1 to 127 (a token has seven bits for it), for example [1], or [1, 2] once the key has been rotated."
  }
}

variable "files_key" {
  description = "Key of yours that encrypts the files, in place of the module's. arn: of a symmetric KMS key in the stack's region. policy (null): its key policy in JSON; the plan then fails if the policy lacks a right that the stack needs. The output files_key_policy is a policy that has them all. An object, so that the key may be made in the same apply. It cannot be changed later."
  type = object({
    arn    = string
    policy = optional(string)
  })
  default = null

  validation {
    condition     = var.files_key == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$", var.files_key.arn))
    error_message = "Write files_key.arn as the ARN of a key and not of an alias, \"arn:aws:kms:<region>:<account>:key/<id>\"."
  }

  validation {
    condition     = try(var.files_key.policy, null) == null || can(jsondecode(var.files_key.policy).Statement)
    error_message = "Write files_key.policy as a key policy in JSON, with its Statement."
  }
}

variable "operations_key" {
  description = "Key of yours that encrypts the table, the logs and the secrets, in place of the module's, by its arn. Its policy must let CloudWatch Logs use it for the stack's log groups, and the account's roles through DynamoDB and Secrets Manager: the output operations_key_policy is such a policy. It cannot be changed later. The keys behind tokens are always the module's."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.operations_key == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$", var.operations_key.arn))
    error_message = "Write operations_key.arn as the ARN of a key and not of an alias, \"arn:aws:kms:<region>:<account>:key/<id>\"."
  }
}

variable "key_deletion_window_days" {
  description = "Days between the deletion of a key and its end, in which the deletion can be cancelled: 7 to 30. Without the files key no file can be read. Without a link key none of its links opens."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.key_deletion_window_days >= 7 && var.key_deletion_window_days <= 30 && floor(var.key_deletion_window_days) == var.key_deletion_window_days
    error_message = "Write a whole number of days from 7 to 30, the range that KMS takes."
  }
}

# ── Protection against loss ──────────────────────────────────────────────────────────────────────

variable "deletion_protection" {
  description = "Whether AWS refuses to remove the stack. A removal by Terraform then changes nothing: by terraform destroy, without the module's block, or with another label for it. To remove the stack, set false and apply first."
  type        = bool
  default     = true
  nullable    = false
}

variable "force_destroy" {
  description = "Whether a destroy may delete a bucket that still holds files. With false, a destroy stops at such a bucket."
  type        = bool
  default     = false
  nullable    = false
}

variable "abort_multipart_days" {
  description = "Days after which S3 removes the parts of a multipart upload that was never completed, 1 or more. Parts cost as much as files, and no listing of objects shows them."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.abort_multipart_days >= 1 && floor(var.abort_multipart_days) == var.abort_multipart_days
    error_message = "Write a whole number of days, 1 or more."
  }
}

# ── Other readers of the files ───────────────────────────────────────────────────────────────────

variable "cloudfront" {
  description = "CloudFront in front of the bucket; the README has the order of the steps. public_keys: public keys in PEM (RSA 2048 or ECDSA P-256) by a name of yours; CloudFront accepts signatures of each. A name keeps its key: a new key needs a new name. signing_key (null): the name of the key with which serve-link signs. Leave it null until the private key is in the secret that the module makes for it: with an empty secret serve-link does not start, and no link opens. While it is null, links redirect to S3. domain (null): a name of your own, with its certificate in us-east-1 in certificate_arn, and in route53_zone (null) the hosted zone, by its id, in which the module makes the alias records. price_class (PriceClass_All): the edges that answer; PriceClass_200 and PriceClass_100 are fewer and cheaper. web_acl_arn (null): a web ACL of yours with the scope CLOUDFRONT. ipv6 (true): set false where links name IPv4 networks, because a visitor over IPv6 is not in them. Null makes no distribution; set later, it deletes the secrets seven days later."
  type = object({
    public_keys = map(string)
    signing_key = optional(string)
    domain      = optional(object({ name = string, certificate_arn = string, route53_zone = optional(object({ id = string })) }))
    price_class = optional(string, "PriceClass_All")
    web_acl_arn = optional(string)
    ipv6        = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.cloudfront == null || try(length(var.cloudfront.public_keys) > 0 && alltrue([for name, pem in var.cloudfront.public_keys : can(regex("^[A-Za-z0-9_-]{1,32}$", name)) && startswith(trimspace(pem), "-----BEGIN PUBLIC KEY-----")]), false)
    error_message = "Write at least one public key in PEM (\"-----BEGIN PUBLIC KEY-----\") under a name of letters, digits, \"_\" and \"-\"."
  }

  validation {
    condition     = try(var.cloudfront.signing_key, null) == null || try(contains(keys(var.cloudfront.public_keys), var.cloudfront.signing_key), false)
    error_message = "signing_key must be the name of one of public_keys: CloudFront verifies signatures with these keys."
  }

  validation {
    condition     = var.cloudfront == null || var.cloudfront_distribution_arn == null
    error_message = "Set either cloudfront, for a distribution that the module makes, or cloudfront_distribution_arn, for one of yours."
  }

  validation {
    condition     = try(var.cloudfront.domain, null) == null || can(regex("^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/.+$", var.cloudfront.domain.certificate_arn))
    error_message = "Write cloudfront.domain.certificate_arn as the ARN of a certificate in us-east-1, the only region that CloudFront uses, \"arn:aws:acm:us-east-1:<account>:certificate/<id>\"."
  }

  validation {
    condition     = try(var.cloudfront.web_acl_arn, null) == null || can(regex("^arn:aws[a-z-]*:wafv2:us-east-1:[0-9]{12}:global/webacl/.+$", var.cloudfront.web_acl_arn))
    error_message = "Write cloudfront.web_acl_arn as the ARN of a web ACL with the scope CLOUDFRONT, \"arn:aws:wafv2:us-east-1:<account>:global/webacl/<name>/<id>\"."
  }

  validation {
    condition     = var.cloudfront == null || try(contains(["PriceClass_All", "PriceClass_200", "PriceClass_100"], var.cloudfront.price_class), false)
    error_message = "Write cloudfront.price_class as \"PriceClass_All\", \"PriceClass_200\" or \"PriceClass_100\"."
  }

  validation {
    condition     = try(var.cloudfront.domain, null) == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.cloudfront.domain.name))
    error_message = "Write cloudfront.domain.name as a host name in lower case, without https:// and without a path, for example \"cdn.example.com\"."
  }

  validation {
    condition     = try(var.cloudfront.domain.route53_zone, null) == null || can(regex("^Z[A-Z0-9]{1,31}$", var.cloudfront.domain.route53_zone.id))
    error_message = "Write cloudfront.domain.route53_zone.id as the id of a hosted zone, for example \"Z0123456789ABCDEFGHIJ\"."
  }
}

variable "cloudfront_distribution_arn" {
  description = "Distribution of yours that may read pinned versions through an origin access control. Its origin is the output bucket_domain_name, so both can be made in one apply. With null no service can read."
  type        = string
  default     = null

  validation {
    condition     = var.cloudfront_distribution_arn == null || can(regex("^arn:aws[a-z-]*:cloudfront::[0-9]{12}:distribution/[A-Z0-9]+$", var.cloudfront_distribution_arn))
    error_message = "Write the ARN of a distribution, \"arn:aws:cloudfront::<account>:distribution/<id>\"."
  }
}

variable "guardduty_role" {
  description = "Role of yours in the stack's account, by its arn, through which GuardDuty Malware Protection for S3 reads the files. It also switches on the bucket's EventBridge notifications, which GuardDuty needs. An object, so that the role may be made in the same apply. Null: the module makes the role if content_scan is on."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.guardduty_role == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*?]+$", var.guardduty_role.arn))
    error_message = "Write guardduty_role.arn as the ARN of one role without a wildcard, \"arn:aws:iam::<account>:role/<name>\"."
  }
}

variable "content_scan" {
  description = "Whether a file becomes available only after GuardDuty Malware Protection for S3 has found no threat in it. The module makes GuardDuty's role, unless guardduty_role names one of yours, and the rule that brings the results to the recorder. GuardDuty's plan for the bucket, with tagging, is yours to add (see the README). On a running stack, add the plan first: files that arrive before it is active are not scanned and wait."
  type        = bool
  default     = false
  nullable    = false
}

variable "reader_arns" {
  description = "Roles or users of the stack's account that may read files, such as a backup or a scanner. This opens the bucket and the files key to them. Each also needs a policy of its own that allows reading."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.reader_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*?]+$", arn))])
    error_message = "Write each reader as the ARN of one role or user without a wildcard, \"arn:aws:iam::<account>:role/<name>\"."
  }
}

variable "bucket_policy_statements" {
  description = "Statements of yours for the bucket's policy, beside the module's. sid: a name in letters and digits; the policy has it after \"Extra\". effect: Deny or Allow. actions: of S3. principals: ARNs, or [\"*\"]. keys (all): which object keys, with wildcards; the bucket itself is always included. conditions (none): each with test, variable and values. An Allow is for named roles and users of this account and for reading. It opens nothing that the module's Denies close; for that there is reader_arns. A Deny also applies to the stack's own roles and to the applying principal if it names them or everybody: the README's table of rights says what the stack needs."
  type = list(object({
    sid        = string
    effect     = string
    actions    = list(string)
    principals = list(string)
    keys       = optional(list(string), ["*"])
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for s in var.bucket_policy_statements : can(regex("^[A-Z][A-Za-z0-9]*$", s.sid))]) && length(distinct(var.bucket_policy_statements[*].sid)) == length(var.bucket_policy_statements)
    error_message = "Give each statement a sid of its own, in letters and digits and beginning with a capital, for example \"NobodyOutsideOurNetwork\"."
  }

  validation {
    condition     = alltrue([for s in var.bucket_policy_statements : contains(["Allow", "Deny"], s.effect) && length(s.actions) > 0 && length(s.principals) > 0 && length(s.keys) > 0])
    error_message = "Write effect as \"Deny\" or \"Allow\", and at least one action, one principal and one key pattern for each statement."
  }

  validation {
    condition     = alltrue(flatten([for s in var.bucket_policy_statements : [for action in s.actions : can(regex(s.effect == "Deny" ? "^s3:[A-Za-z*]+$" : "^s3:(Get|List)[A-Za-z]+$", action))]]))
    error_message = "Write actions of S3. In an Allow, write reading actions without a wildcard (\"s3:Get…\" or \"s3:List…\"): only the stack's own roles may put or remove objects or change the bucket."
  }

  validation {
    condition     = alltrue([for s in var.bucket_policy_statements : s.effect != "Deny" || !contains(s.principals, "*") || length(s.conditions) > 0 || !anytrue(flatten([for action in s.actions : [for own in ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy"] : can(regex("^${replace(action, "*", ".*")}$", own))]]))])
    error_message = "A Deny for everybody without a condition must not include s3:GetBucketPolicy, s3:PutBucketPolicy or s3:DeleteBucketPolicy: only the account's root user could remove the statement then. Name narrower actions, for example \"s3:GetObject*\"."
  }

  validation {
    condition     = alltrue(flatten([for s in var.bucket_policy_statements : [for arn in s.principals : can(regex(s.effect == "Deny" ? "^(\\*|arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:[^*?]+)$" : "^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*?]+$", arn))]]))
    error_message = "Write principals as ARNs without a wildcard, or [\"*\"] in a Deny. In an Allow, write roles and users, \"arn:aws:iam::<account>:role/<name>\"."
  }
}

variable "bucket_eventbridge" {
  description = "Whether the bucket also sends its events to the account's default event bus, for rules of yours. These events come before the recorder has looked at the file. guardduty_role and content_scan switch it on as well."
  type        = bool
  default     = false
  nullable    = false
}

# ── Alarms, logs and events ──────────────────────────────────────────────────────────────────────

variable "access_log_bucket" {
  description = "Bucket of yours to which S3 writes the access log of the file bucket. name: the bucket's, not its ARN. prefix (empty): the beginning of the log's keys. It must let logging.s3.amazonaws.com put objects, and must not be the file bucket."
  type = object({
    name   = string
    prefix = optional(string, "")
  })
  default = null

  validation {
    condition     = var.access_log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket.name))
    error_message = "Write access_log_bucket.name as the name of a bucket (not an ARN), for example \"my-access-logs\"."
  }
}

variable "alarms" {
  description = "Whether the module makes CloudWatch alarms."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_topic_arn" {
  description = "SNS topic in the stack's region that gets a message when an alarm begins and when it ends. Null sends none."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$", var.alarm_topic_arn))
    error_message = "Write the ARN of a topic, \"arn:aws:sns:<region>:<account>:<name>\"."
  }
}

variable "alarm_settings" {
  description = "Settings of single alarms, by the alarm's name without the prefix, for example { forged-tokens = { threshold = 200 } }. The names are listed in the README under \"Alarms\". enabled (true): whether the alarm is made. threshold (null): above 0, in the unit of the alarm's metric, which is milliseconds for stream-lag; null takes the one of alarm_thresholds. actions (null): ARNs that are notified when the alarm begins, in place of alarm_topic_arn; an empty list notifies none. ok_actions (null): ARNs that are notified when it ends; null takes actions."
  type = map(object({
    enabled    = optional(bool, true)
    threshold  = optional(number)
    actions    = optional(list(string))
    ok_actions = optional(list(string))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.alarm_settings), local.alarm_short_names)) == 0
    error_message = "Write the keys of alarm_settings as names of alarms: \"${join("\", \"", local.alarm_short_names)}\"."
  }

  validation {
    condition     = alltrue([for settings in values(var.alarm_settings) : settings.threshold == null ? true : settings.threshold > 0])
    error_message = "Write thresholds above 0: an alarm sounds when its metric reaches the threshold, so zero would sound always."
  }

  validation {
    condition     = alltrue(flatten([for settings in values(var.alarm_settings) : [for arn in concat(coalesce(settings.actions, []), coalesce(settings.ok_actions, [])) : can(regex("^arn:aws[a-z-]*:(sns|lambda|ssm|ssm-incidents|swf|automate):", arn))]]))
    error_message = "Write each action as the ARN of a target that CloudWatch can notify, such as a topic, \"arn:aws:sns:<region>:<account>:<name>\"."
  }
}

variable "alarm_thresholds" {
  description = "Values at which alarms begin, 1 or more each. Counts in five minutes: function_errors (1) and function_throttles (1) of one function, rejected_uploads (25), surplus_versions (10), forged_tokens (50), server_errors_of_api (5), failed_webhooks (10). Seconds: oldest_event_age_s (900), the age of the oldest event that waits to be recorded; stream_lag_s (3600), how far the recorder is behind on the table's stream. How many uploads are rejected or surplus and how many tokens are forged depends on your users, so adjust those."
  type = object({
    function_errors      = optional(number, 1)
    function_throttles   = optional(number, 1)
    rejected_uploads     = optional(number, 25)
    surplus_versions     = optional(number, 10)
    forged_tokens        = optional(number, 50)
    oldest_event_age_s   = optional(number, 900)
    stream_lag_s         = optional(number, 3600)
    server_errors_of_api = optional(number, 5)
    failed_webhooks      = optional(number, 10)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for threshold in values(var.alarm_thresholds) : threshold >= 1])
    error_message = "Write thresholds of 1 or more: an alarm sounds when a count reaches its threshold, so zero would sound always."
  }
}

variable "dashboard" {
  description = "Whether the module makes a CloudWatch dashboard."
  type        = bool
  default     = true
  nullable    = false
}

variable "saved_queries" {
  description = "Whether the module saves its queries of CloudWatch Logs Insights, in a folder with the stack's name."
  type        = bool
  default     = true
  nullable    = false
}

variable "api_access_log" {
  description = "Whether the API writes an access log: time, route, status, request id and latencies. It has no paths, because a path under /l/ or /t/ is a secret. Switching it off deletes the existing log."
  type        = bool
  default     = true
  nullable    = false
}

variable "app_events" {
  description = "Whether the module makes an event bus that brings these events to your app: Upload Available, Upload Rejected, Upload Scan Failed, Upload Deleted, Link Revoked, Link Opened, Link Retargeted, Link Used Up and Link Locked. Switching it off deletes the bus and the messages in its dead-letter queue; remove your own rules from the bus first."
  type        = bool
  default     = true
  nullable    = false
}

variable "webhook" {
  description = "Receiver of yours that gets the app's events in the form of Standard Webhooks: signed, retried for three days, then put into a dead-letter queue. url: its https address. events (null): which of them, as [\"Upload Available\"]; null for all. max_concurrency (2): batches of up to ten that are posted at the same time, 2 to 1000. The value of the secret is yours to put in (see the README). Null makes no webhook. Setting null later deletes the events that still wait and those in the dead-letter queue, and seven days later the secret."
  type = object({
    url             = string
    events          = optional(list(string))
    max_concurrency = optional(number, 2)
  })
  default = null

  # A loopback address is allowed for the local AWS only, whose functions run on the same machine.
  validation {
    condition     = var.webhook == null || can(regex("^(https://[^/?#@[:space:]]+|http://127\\.0\\.0\\.1:[0-9]+)([/?][^#[:space:]]*)?$", var.webhook.url))
    error_message = "Write webhook.url as an https address without user, password and fragment, for example \"https://app.example.com/hooks/postern\". Plain http would expose the events, which name owners."
  }

  validation {
    condition     = try(var.webhook.events, null) == null || try(length(var.webhook.events) > 0 && length(setsubtract(var.webhook.events, keys(local.app_event_items))) == 0, false)
    error_message = "Write webhook.events as a list of \"${join("\", \"", keys(local.app_event_items))}\", or leave it out for all of them."
  }

  validation {
    condition     = var.webhook == null || try(var.webhook.max_concurrency >= 2 && var.webhook.max_concurrency <= 1000 && floor(var.webhook.max_concurrency) == var.webhook.max_concurrency, false)
    error_message = "Write webhook.max_concurrency as a whole number from 2 to 1000, the range that an event source mapping takes."
  }

  validation {
    condition     = var.webhook == null || var.app_events
    error_message = "webhook needs app_events: it sends the events of the app's event bus."
  }
}

# ── Account ──────────────────────────────────────────────────────────────────────────────────────

variable "tags" {
  description = "Tags of every resource that can have tags, beside the default_tags of your provider."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : length(key) >= 1 && length(key) <= 128 && !startswith(lower(key), "aws:") && length(value) <= 256])
    error_message = "Write keys of 1 to 128 characters that do not begin with \"aws:\", and values of at most 256."
  }
}

variable "role_path" {
  description = "Path of the roles that the module makes, beginning and ending with a slash, for example \"/apps/postern/\". Existing roles keep their path."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@-]+/)*$", var.role_path))
    error_message = "Write a path that begins and ends with a slash, for example \"/apps/postern/\"."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of every role that the module makes. It must allow what terraform/roles.tf, events.tf, schedule.tf, webhook.tf, cloudfront.tf and scanning.tf grant. Null sets none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "Write the ARN of a policy, \"arn:aws:iam::<account>:policy/<name>\"."
  }
}
