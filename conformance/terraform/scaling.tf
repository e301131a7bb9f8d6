# Beside the instances, a launch template, and a group of one instance that gets each new version of it by an instance refresh. It is of
# another version with each number of instances.
resource "aws_launch_template" "scaled" {
  name                   = "${var.name}-scaled"
  description            = "beside ${var.instance_count} instances"
  image_id               = data.aws_ssm_parameter.image.insecure_value
  instance_type          = var.instance_type
  user_data              = filebase64("${path.module}/user-data.yaml")
  update_default_version = true

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
      volume_size           = 8
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
      tags          = { Name = "${var.name}-scaled-${var.instance_count}" }
    }
  }
}

resource "aws_lb_target_group" "scaled" {
  name                 = "${var.name}-scaled"
  port                 = 80
  protocol             = "HTTP"
  vpc_id               = aws_vpc.main.id
  deregistration_delay = 1

  health_check {
    path                = "/"
    interval            = 5
    timeout             = 2
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_listener_rule" "scaled" {
  listener_arn = aws_lb_listener.http.arn
  priority     = 20

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.scaled.arn
  }

  condition {
    path_pattern {
      values = ["/scaled*"]
    }
  }
}

resource "aws_autoscaling_group" "scaled" {
  name                      = "${var.name}-scaled"
  min_size                  = 1
  max_size                  = 2
  desired_capacity          = 1
  vpc_zone_identifier       = aws_subnet.private[*].id
  target_group_arns         = [aws_lb_target_group.scaled.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 240
  default_instance_warmup   = 0
  default_cooldown          = 60
  enabled_metrics           = ["GroupDesiredCapacity", "GroupInServiceInstances"]
  suspended_processes       = ["AZRebalance"]
  termination_policies      = ["OldestLaunchTemplate", "Default"]
  wait_for_elb_capacity     = 1

  launch_template {
    id      = aws_launch_template.scaled.id
    version = aws_launch_template.scaled.latest_version
  }

  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage       = 100
      max_healthy_percentage       = 200
      instance_warmup              = 0
      skip_matching                = true
      auto_rollback                = true
      scale_in_protected_instances = "Ignore"
      standby_instances            = "Ignore"
    }
  }

  instance_maintenance_policy {
    min_healthy_percentage = 100
    max_healthy_percentage = 200
  }

  availability_zone_distribution { capacity_distribution_strategy = "balanced-best-effort" }

  initial_lifecycle_hook {
    name                 = "${var.name}-ends"
    lifecycle_transition = "autoscaling:EC2_INSTANCE_TERMINATING"
    heartbeat_timeout    = 30
    default_result       = "CONTINUE"
  }

  tag {
    key                 = "platform"
    value               = var.name
    propagate_at_launch = true
  }

  # They install their web server as they boot, so all that leads out comes first.
  depends_on = [
    aws_route_table_association.private,
    aws_vpc_endpoint.s3,
    aws_vpc_security_group_egress_rule.web_https,
    aws_vpc_security_group_egress_rule.web_s3,
    aws_lb_listener_rule.scaled,
  ]
}

resource "aws_autoscaling_lifecycle_hook" "scaled" {
  name                   = "${var.name}-begins"
  autoscaling_group_name = aws_autoscaling_group.scaled.name
  lifecycle_transition   = "autoscaling:EC2_INSTANCE_LAUNCHING"
  heartbeat_timeout      = 30
  default_result         = "CONTINUE"
}

resource "aws_autoscaling_policy" "cpu" {
  name                   = "${var.name}-cpu"
  autoscaling_group_name = aws_autoscaling_group.scaled.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 40 + var.instance_count

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_autoscaling_policy" "requests" {
  name                      = "${var.name}-requests"
  autoscaling_group_name    = aws_autoscaling_group.scaled.name
  policy_type               = "TargetTrackingScaling"
  estimated_instance_warmup = 60

  target_tracking_configuration {
    target_value     = 1000
    disable_scale_in = true

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.main.arn_suffix}/${aws_lb_target_group.scaled.arn_suffix}"
    }
  }
}
