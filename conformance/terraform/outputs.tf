output "dns_name" {
  value = aws_lb.main.dns_name
}

output "instances" {
  value = aws_instance.web[*].id
}
