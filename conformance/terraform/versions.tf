terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# The provider checks the credentials and the account of the local cloud as it
# does AWS's. What it would ask of the world outside of the endpoint is left out.
provider "aws" {
  region                  = var.region
  access_key              = "local"
  secret_key              = "local"
  skip_metadata_api_check = true # no instance role of the machine that this runs on

  endpoints {
    acm         = var.endpoint
    autoscaling = var.endpoint
    cloudwatch  = var.endpoint
    ec2         = var.endpoint
    elbv2       = var.endpoint
    iam         = var.endpoint
    kms         = var.endpoint
    route53     = var.endpoint
    sns         = var.endpoint
    ssm         = var.endpoint
    sts         = var.endpoint
  }

  default_tags {
    tags = { platform = var.name }
  }
}
