variable "endpoint" {
  description = "URL of the local cloud"
  type        = string
}

variable "name" {
  description = "Prefix of all names"
  type        = string
  default     = "judge"
}

variable "region" {
  type    = string
  default = "us-east-1"
}

variable "cidr" {
  description = "Addresses of the VPC"
  type        = string
  default     = "10.0.0.0/16"
}

variable "zones" {
  description = "How many Availability Zones"
  type        = number
  default     = 2
}

variable "instance_count" {
  description = "Web instances, spread over the zones in turn"
  type        = number
  default     = 2
}

variable "instance_type" {
  type    = string
  default = "t3.micro"
}
