# The same platform under a domain, as platformctl has it with load_balancer.https.

variable "domain" { type = string }
variable "hosted_zone" { type = string }
variable "tls_policy" { type = string }

locals {
  secure = var.domain != ""
}

data "aws_route53_zone" "main" {
  count = local.secure ? 1 : 0
  name  = var.hosted_zone
}

resource "aws_acm_certificate" "main" {
  count             = local.secure ? 1 : 0
  domain_name       = var.domain
  validation_method = "DNS"
  key_algorithm     = "EC_prime256v1"

  lifecycle { create_before_destroy = true }
}

resource "aws_route53_record" "validation" {
  for_each = local.secure ? { for o in aws_acm_certificate.main[0].domain_validation_options : o.domain_name => o } : {}
  zone_id  = data.aws_route53_zone.main[0].zone_id
  name     = each.value.resource_record_name
  type     = each.value.resource_record_type
  ttl      = 300
  records  = [each.value.resource_record_value]
}

resource "aws_acm_certificate_validation" "main" {
  count                   = local.secure ? 1 : 0
  certificate_arn         = aws_acm_certificate.main[0].arn
  validation_record_fqdns = [for r in aws_route53_record.validation : r.fqdn]
}

resource "aws_vpc_security_group_ingress_rule" "alb_https" {
  count             = local.secure ? 1 : 0
  security_group_id = aws_security_group.alb.id
  description       = "HTTPS from the internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_lb_listener" "https" {
  count             = local.secure ? 1 : 0
  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = var.tls_policy
  certificate_arn   = aws_acm_certificate_validation.main[0].certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}

resource "aws_route53_record" "address" {
  count   = local.secure ? 1 : 0
  zone_id = data.aws_route53_zone.main[0].zone_id
  name    = var.domain
  type    = "A"

  alias {
    name                   = aws_lb.main.dns_name
    zone_id                = aws_lb.main.zone_id
    evaluate_target_health = false
  }

  # Until there are targets, the name would lead to errors.
  depends_on = [aws_lb_listener.https, aws_lb_target_group_attachment.web]
}
