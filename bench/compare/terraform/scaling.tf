# The same instances in an Auto Scaling group, as platformctl has them with web.auto_scaling.

variable "scaled" { type = bool }
variable "max_instances" { type = number }
variable "grace" { type = number }
variable "warmup" { type = number }
variable "cpu" { type = number }

resource "aws_launch_template" "web" {
  count         = var.scaled ? 1 : 0
  name          = "${var.name}-web"
  image_id      = data.aws_ssm_parameter.image.insecure_value
  instance_type = var.instance_type
  user_data     = filebase64(var.user_data_file)

  iam_instance_profile { name = aws_iam_instance_profile.web.name }
  monitoring { enabled = true }

  network_interfaces {
    device_index                = 0
    security_groups             = [aws_security_group.web.id]
    associate_public_ip_address = false
    delete_on_termination       = true
  }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "volume", "network-interface"]
    content {
      resource_type = tag_specifications.value
      tags          = { Name = "${var.name}-web", platform = var.name }
    }
  }
}

resource "aws_autoscaling_group" "web" {
  count                     = var.scaled ? 1 : 0
  name                      = "${var.name}-web"
  min_size                  = var.instance_count
  max_size                  = var.max_instances
  desired_capacity          = var.instance_count
  vpc_zone_identifier       = aws_subnet.private[*].id
  target_group_arns         = [aws_lb_target_group.web.arn]
  health_check_type         = "ELB"
  health_check_grace_period = var.grace
  default_instance_warmup   = var.warmup

  enabled_metrics = [
    "GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingInstances",
    "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances",
  ]

  launch_template {
    id      = aws_launch_template.web[0].id
    version = aws_launch_template.web[0].latest_version
  }

  instance_maintenance_policy {
    min_healthy_percentage = 100
    max_healthy_percentage = 110
  }

  availability_zone_distribution { capacity_distribution_strategy = "balanced-best-effort" }

  tag {
    key                 = "platform"
    value               = var.name
    propagate_at_launch = true
  }

  lifecycle { ignore_changes = [desired_capacity] }

  # They install their web server as they boot, so all that leads out comes first; a target is checked behind a listener alone.
  depends_on = [
    aws_route_table_association.private,
    aws_vpc_endpoint.s3,
    aws_vpc_security_group_ingress_rule.web_alb,
    aws_vpc_security_group_egress_rule.web_https,
    aws_lb_listener.http,
  ]
}

resource "aws_autoscaling_policy" "web" {
  count                  = var.scaled ? 1 : 0
  name                   = "${var.name}-web"
  autoscaling_group_name = aws_autoscaling_group.web[0].name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = var.cpu
    predefined_metric_specification { predefined_metric_type = "ASGAverageCPUUtilization" }
  }
}
